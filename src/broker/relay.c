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

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* How long the last bytes of a client that has gone may take to the server, and
 * the other way round. */
enum { LINGER_MS = 10000, UP_MAX = 32 * 1024 };

/* Bytes that were taken from one side and not yet given to the other. */
struct half {
	struct strbuf held;
	size_t off;
	bool ended;    /* its source will give no more */
	bool finished; /* and its sink has been told so */
};

struct relay {
	int fd;
	struct stream *stream;
	struct half up;   /* client to server */
	struct half down; /* server to client */
	bool gone;        /* the client has closed its descriptor */
	bool broken;      /* the stream failed */
	bool fresh;       /* never moved yet */
	int64_t over_ms;  /* when gone or broken was seen */
	size_t slot;
};

struct relay *relay_new(int fd, struct stream *stream)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->fd = fd;
	r->stream = stream;
	r->fresh = true;
	r->up.held = (struct strbuf)STRBUF_INIT;
	r->down.held = (struct strbuf)STRBUF_INIT;
	return r;
}

static size_t waiting(const struct half *half)
{
	return half->held.len - half->off;
}

static const unsigned char *first(const struct half *half)
{
	return (const unsigned char *)half->held.data + half->off;
}

static void given(struct half *half, size_t n)
{
	half->off += n;
	if (half->off == half->held.len) {
		strbuf_release(&half->held); /* idle channels cost no buffers */
		half->off = 0;
	}
}

static void over(struct relay *r, bool *how)
{
	if (!r->gone && !r->broken)
		r->over_ms = deadline_now_ms();
	*how = true;
}

static void client_is_gone(struct relay *r)
{
	over(r, &r->gone);
	r->down.ended = true;
	r->down.finished = true;
	given(&r->down, waiting(&r->down));
}

static void stream_is_broken(struct relay *r)
{
	over(r, &r->broken);
	r->up.ended = true;
	r->up.finished = true;
	given(&r->up, waiting(&r->up));
	r->down.ended = true; /* what is held still goes to the client */
}

/* Bytes that the stream took; the rest is to be held. */
static size_t to_stream(struct relay *r, const unsigned char *bytes, size_t len)
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

static size_t to_client(struct relay *r, const unsigned char *bytes, size_t len)
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

	if (waiting(&r->up) > 0) {
		size_t done = to_stream(r, first(&r->up), waiting(&r->up));

		if (waiting(&r->up) > 0) /* not dropped meanwhile */
			given(&r->up, done);
		moved = done > 0;
	}
	if (waiting(&r->up) == 0 && !r->up.ended && (readable || r->gone) &&
	    r->stream->ops->writable(r->stream)) {
		n = recv(r->fd, scratch, UP_MAX, MSG_DONTWAIT);
		if (n > 0) {
			size_t done = to_stream(r, scratch, (size_t)n);

			if (!r->broken)
				strbuf_add(&r->up.held, scratch + done, (size_t)n - done);
			moved = true;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			r->up.ended = true;
			moved = true;
		}
	}
	if (waiting(&r->up) == 0 && r->up.ended && !r->up.finished) {
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

	if (waiting(&r->down) > 0) {
		size_t done = to_client(r, first(&r->down), waiting(&r->down));

		if (waiting(&r->down) > 0)
			given(&r->down, done);
		moved = done > 0;
		readable = readable || moved;
	}
	if (waiting(&r->down) == 0 && !r->down.ended && readable) {
		n = r->stream->ops->read(r->stream, scratch, RELAY_SCRATCH);
		if (n > 0) {
			size_t done = to_client(r, scratch, (size_t)n);

			if (!r->gone)
				strbuf_add(&r->down.held, scratch + done,
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
	if (waiting(&r->down) == 0 && r->down.ended && !r->down.finished) {
		(void)shutdown(r->fd, SHUT_WR);
		r->down.finished = true;
		moved = true;
	}
	return moved;
}

void relay_poll(struct relay *r, struct pollset *set, int *wait_ms)
{
	bool hungry = waiting(&r->up) == 0 && !r->up.ended &&
	              r->stream->ops->writable(r->stream);
	bool full = waiting(&r->down) > 0;
	short events = (short)((hungry ? POLLIN : 0) | (full ? POLLOUT : 0));

	/* After a hang-up poll() would answer at once for ever. */
	r->slot = pollset_add(set, r->gone ? -1 : r->fd, events);
	r->stream->ops->poll(r->stream, set, !full && !r->down.ended,
	                     waiting(&r->up) > 0);
	if (r->gone || r->broken) {
		struct deadline end = { .at_ms = r->over_ms + LINGER_MS };

		if (deadline_left(end) < *wait_ms)
			*wait_ms = deadline_left(end);
	}
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
	return move_down(r, fresh || has_data, scratch) || moved;
}

bool relay_done(const struct relay *r)
{
	struct deadline end = { .at_ms = r->over_ms + LINGER_MS };

	if (r->up.finished && r->down.finished)
		return true;
	return (r->gone || r->broken) && deadline_passed(end);
}

bool relay_close(struct relay *r)
{
	given(&r->up, waiting(&r->up));
	given(&r->down, waiting(&r->down));
	fd_close(&r->fd);
	if (!r->stream->ops->close(r->stream))
		return false;
	free(r);
	return true;
}
