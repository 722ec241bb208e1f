/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/deadline.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "bastion/stream.h"
#include "broker/relay.h"
#include "net/pollset.h"

/* LINGER_MS: for the last bytes when one end is gone. */
enum {
	LINGER_MS = 10000,
	UP_MAX = 32 * 1024,
	COUNT_MS = 500,          /* over which the bytes of a copy are counted */
	STALE_MS = 2000,         /* after which a count says nothing any more */
	BULK_BYTES = 128 * 1024, /* more than a terminal shows in COUNT_MS */
};

/* One direction: bytes that were read and not yet written. */
struct half {
	struct strbuf buf;
	size_t off;
	bool ended;    /* its source has ended */
	bool finished; /* and its sink got end of file */
};

struct relay {
	int fd;
	struct stream *stream;
	struct half up;   /* client to server */
	struct half down; /* server to client */
	bool gone;        /* the client has closed its descriptor */
	bool broken;      /* the stream failed */
	bool fresh;       /* relay_move() was never called */
	size_t bytes;     /* read since counted_ms */
	int64_t counted_ms;
	bool bulk;        /* found at counted_ms */
	int64_t ended_ms; /* when gone or broken was set */
	size_t slot;
};

struct relay *relay_new(int fd, struct stream *stream)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->fd = fd;
	r->stream = stream;
	r->fresh = true;
	r->up.buf = (struct strbuf)STRBUF_INIT;
	r->down.buf = (struct strbuf)STRBUF_INIT;
	return r;
}

static size_t held(const struct half *half)
{
	return half->buf.len - half->off;
}

static const unsigned char *held_bytes(const struct half *half)
{
	return (const unsigned char *)half->buf.data + half->off;
}

static void drop_held(struct half *half, size_t n)
{
	half->off += n;
	if (half->off == half->buf.len) {
		strbuf_release(&half->buf); /* an idle channel has no buffer */
		half->off = 0;
	}
}

static void note_end(struct relay *r, bool *flag)
{
	if (!r->gone && !r->broken)
		r->ended_ms = deadline_now_ms();
	*flag = true;
}

static void client_is_gone(struct relay *r)
{
	note_end(r, &r->gone);
	r->down.ended = true;
	r->down.finished = true;
	drop_held(&r->down, held(&r->down));
}

static void stream_is_broken(struct relay *r)
{
	note_end(r, &r->broken);
	r->up.ended = true;
	r->up.finished = true;
	drop_held(&r->up, held(&r->up));
	r->down.ended = true; /* held bytes still go to the client */
}

/* The number of bytes that the stream took. */
static size_t write_stream(struct relay *r, const unsigned char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len && !r->broken && r->stream->ops->writable(r->stream)) {
		ssize_t n = r->stream->ops->write(r->stream, bytes + done, len - done);

		if (n == STREAM_AGAIN)
			break;
		if (n < 0)
			stream_is_broken(r);
		else
			done += (size_t)n;
	}
	return done;
}

static size_t write_client(struct relay *r, const unsigned char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len && !r->gone) {
		ssize_t n = send(r->fd, bytes + done, len - done,
		                 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 &&
		    (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS))
			break;
		if (n == -1)
			client_is_gone(r);
		else
			done += (size_t)n;
	}
	return done;
}

static bool move_up(struct relay *r, bool readable, unsigned char *scratch)
{
	bool moved = false;
	ssize_t n;

	if (held(&r->up) > 0) {
		size_t done = write_stream(r, held_bytes(&r->up), held(&r->up));

		if (held(&r->up) > 0) /* write_stream() may have dropped them */
			drop_held(&r->up, done);
		moved = done > 0;
	}
	if (held(&r->up) == 0 && !r->up.ended && (readable || r->gone) &&
	    r->stream->ops->writable(r->stream)) {
		n = recv(r->fd, scratch, UP_MAX, MSG_DONTWAIT);
		if (n > 0) {
			size_t done = write_stream(r, scratch, (size_t)n);

			r->bytes += (size_t)n;
			if (!r->broken)
				strbuf_add(&r->up.buf, scratch + done, (size_t)n - done);
			moved = true;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			r->up.ended = true;
			moved = true;
		}
	}
	if (held(&r->up) == 0 && r->up.ended && !r->up.finished) {
		int rc = r->stream->ops->finish(r->stream);

		r->up.finished = rc != STREAM_AGAIN;
		moved = moved || r->up.finished;
	}
	return moved;
}

static bool move_down(struct relay *r, bool readable, unsigned char *scratch)
{
	bool moved = false;
	ssize_t n;

	if (held(&r->down) > 0) {
		size_t done = write_client(r, held_bytes(&r->down), held(&r->down));

		if (held(&r->down) > 0)
			drop_held(&r->down, done);
		moved = done > 0;
		readable = readable || moved;
	}
	if (held(&r->down) == 0 && !r->down.ended && readable) {
		n = r->stream->ops->read(r->stream, scratch, RELAY_SCRATCH);
		if (n > 0) {
			size_t done = write_client(r, scratch, (size_t)n);

			r->bytes += (size_t)n;
			if (!r->gone)
				strbuf_add(&r->down.buf, scratch + done,
				           (size_t)n - done);
			moved = true;
		} else if (n == STREAM_EOF) {
			r->down.ended = true;
			moved = true;
		} else if (n != STREAM_AGAIN) {
			stream_is_broken(r);
			moved = true;
		}
	}
	if (held(&r->down) == 0 && r->down.ended && !r->down.finished) {
		(void)shutdown(r->fd, SHUT_WR);
		r->down.finished = true;
		moved = true;
	}
	return moved;
}

void relay_poll(struct relay *r, struct pollset *set, int *wait_ms)
{
	bool reading =
		held(&r->up) == 0 && !r->up.ended && r->stream->ops->writable(r->stream);
	bool full = held(&r->down) > 0;
	short events = (short)((reading ? POLLIN : 0) | (full ? POLLOUT : 0));

	/* After a hang-up poll(2) would return at once each time. */
	r->slot = pollset_add(set, r->gone ? -1 : r->fd, events);
	r->stream->ops->poll(r->stream, set, !full && !r->down.ended, held(&r->up) > 0);
	if (r->gone || r->broken)
		deadline_limit(r->ended_ms + LINGER_MS, wait_ms);
}

static void count_bytes(struct relay *r)
{
	int64_t now = deadline_now_ms();
	int64_t took = now - r->counted_ms;

	if (took < COUNT_MS)
		return;
	r->bulk = took < STALE_MS && r->bytes >= BULK_BYTES;
	r->bytes = 0;
	r->counted_ms = now;
}

bool relay_is_bulk(const struct relay *r)
{
	return r->bulk && deadline_now_ms() - r->counted_ms < STALE_MS;
}

bool relay_move(struct relay *r, const struct pollset *set, bool has_data,
                unsigned char scratch[RELAY_SCRATCH])
{
	short got = r->fresh ? 0 : pollset_got(set, r->slot);
	bool fresh = r->fresh;
	bool moved;

	r->fresh = false;
	if ((got & (POLLHUP | POLLERR | POLLNVAL)) != 0 && !r->gone)
		client_is_gone(r);
	moved = move_up(r, fresh || (got & POLLIN) != 0, scratch);
	moved = move_down(r, fresh || has_data, scratch) || moved;
	if (moved)
		count_bytes(r);
	return moved;
}

bool relay_done(const struct relay *r)
{
	struct deadline end = { .at_ms = r->ended_ms + LINGER_MS };

	if (r->up.finished && r->down.finished)
		return true;
	return (r->gone || r->broken) && deadline_passed(end);
}

bool relay_close(struct relay *r)
{
	drop_held(&r->up, held(&r->up));
	drop_held(&r->down, held(&r->down));
	fd_close(&r->fd);
	if (!r->stream->ops->close(r->stream))
		return false;
	free(r);
	return true;
}
