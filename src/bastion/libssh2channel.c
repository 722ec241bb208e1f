/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "bastion/channelwindow.h"
#include "bastion/libssh2channel.h"
#include "bastion/stream.h"
#include "net/netbuf.h"
#include "net/tcpinfo.h"

enum {
	PACKET = 32 * 1024,
	/* libssh2 itself keeps a window of that and a read open; see channelwindow.h. */
	WINDOW = PACKET,
};

struct libssh2channel {
	struct stream stream; /* first: cast to and from */
	LIBSSH2_CHANNEL *channel;
	const struct libssh2channel_session *owner;
	struct channelwindow window;
	uint64_t read;     /* bytes */
	uint32_t granting; /* bytes that libssh2 is adding to the window, or 0 */
};

bool libssh2channel_is_fatal(ssize_t rc)
{
	switch (rc) {
	case LIBSSH2_ERROR_EAGAIN:
	case LIBSSH2_ERROR_TIMEOUT: /* 60 s without an answer to a channel open */
	case LIBSSH2_ERROR_CHANNEL_OUTOFORDER:
	case LIBSSH2_ERROR_CHANNEL_FAILURE:
	case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED:
	case LIBSSH2_ERROR_CHANNEL_UNKNOWN:
	case LIBSSH2_ERROR_CHANNEL_WINDOW_EXCEEDED:
	case LIBSSH2_ERROR_CHANNEL_PACKET_EXCEEDED:
	case LIBSSH2_ERROR_CHANNEL_CLOSED:
	case LIBSSH2_ERROR_CHANNEL_EOF_SENT: return false;
	default: return rc < 0;
	}
}

static ssize_t failed(struct libssh2channel *c, ssize_t rc)
{
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return STREAM_AGAIN;
	if (libssh2channel_is_fatal(rc))
		*c->owner->closed = true;
	return STREAM_FAIL;
}

static uint32_t missing_window(struct libssh2channel *c)
{
	unsigned long waiting, first;
	struct tcpinfo tcp = { .least_trip_us = -1 };
	struct channelwindow_state state = { .shared = *c->owner->channels > 1,
		                             .now_ms = deadline_now_ms() };

	state.open =
		(uint32_t)libssh2_channel_window_read_ex(c->channel, &waiting, &first);
	state.arrived = c->read + waiting;
	if (state.shared)
		(void)tcpinfo_get(c->owner->netbuf->fd, &tcp);
	state.least_trip_us = tcp.least_trip_us;
	state.trip_us = tcp.trip_us;
	return channelwindow_grant(&c->window, &state);
}

/* 0 or an error of libssh2; after LIBSSH2_ERROR_EAGAIN it wants the same call again. */
static int widen_window(struct libssh2channel *c)
{
	int rc = 0;

	if (c->granting == 0)
		c->granting = missing_window(c);
	if (c->granting != 0)
		rc = libssh2_channel_receive_window_adjust2(c->channel, c->granting, 0,
		                                            NULL);
	if (rc == 0)
		c->granting = 0;
	return rc;
}

static ssize_t libssh2channel_read(struct stream *s, void *buf, size_t cap)
{
	struct libssh2channel *c = (struct libssh2channel *)s;
	size_t part = c->window.size / 4; /* for more, libssh2 widens the window itself */
	ssize_t n = widen_window(c);

	if (n == 0)
		n = libssh2_channel_read(c->channel, buf, cap < part ? cap : part);
	if (n < 0)
		return failed(c, n);
	c->read += (uint64_t)n;
	if (n > 0)
		return n;
	return libssh2_channel_eof(c->channel) ? STREAM_EOF : STREAM_AGAIN;
}

static ssize_t libssh2channel_write(struct stream *s, const void *buf, size_t len)
{
	struct libssh2channel *c = (struct libssh2channel *)s;
	size_t full = c->owner->netbuf->full;
	ssize_t n = libssh2_channel_write(c->channel, buf, len < full ? len : full);

	if (n > 0)
		return n;
	return n == 0 ? STREAM_AGAIN : failed(c, n);
}

static bool libssh2channel_writable(const struct stream *s)
{
	const struct libssh2channel *c = (const struct libssh2channel *)s;

	/* Bytes that libssh2 has not read may be a larger window: the write reads them.
	 */
	return !netbuf_is_full(c->owner->netbuf) &&
	       (c->owner->netbuf->in_len > 0 ||
	        libssh2_channel_window_write(c->channel) > 0);
}

static int libssh2channel_finish(struct stream *s)
{
	struct libssh2channel *c = (struct libssh2channel *)s;
	int rc = libssh2_channel_send_eof(c->channel);

	return rc == 0 ? 0 : (int)failed(c, rc);
}

static void libssh2channel_poll(struct stream *s, struct pollset *set, bool reading,
                                bool writing)
{
	/* The transport polls the connection of the session. */
	(void)s;
	(void)set;
	(void)reading;
	(void)writing;
}

static bool libssh2channel_close(struct stream *s)
{
	struct libssh2channel *c = (struct libssh2channel *)s;
	int rc = libssh2_channel_free(c->channel);

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return false;
	--*c->owner->channels;
	free(c);
	return true;
}

static struct stream *new_channel(LIBSSH2_CHANNEL *raw,
                                  const struct libssh2channel_session *owner)
{
	static const struct stream_ops ops = {
		.read = libssh2channel_read,
		.write = libssh2channel_write,
		.writable = libssh2channel_writable,
		.finish = libssh2channel_finish,
		.poll = libssh2channel_poll,
		.close = libssh2channel_close,
	};
	struct libssh2channel *c = xcalloc(1, sizeof(*c));

	c->stream.ops = &ops;
	c->channel = raw;
	c->owner = owner;
	c->window = channelwindow_start();
	++*owner->channels;
	return &c->stream;
}

enum transport_result libssh2channel_open(const struct libssh2channel_session *owner,
                                          const char *host, uint16_t port,
                                          struct stream **stream, struct error *err)
{
	static const char type[] = "direct-tcpip";
	struct strbuf target = STRBUF_INIT;
	LIBSSH2_CHANNEL *raw;
	char *reason = NULL;
	int rc;

	sshbuf_put_cstring(&target, host);
	sshbuf_put_u32(&target, port);
	sshbuf_put_cstring(&target, "127.0.0.1"); /* the originator; sshd only logs it */
	sshbuf_put_u32(&target, 0);
	raw = libssh2_channel_open_ex(owner->session, type, sizeof(type) - 1, WINDOW,
	                              PACKET, target.data, (unsigned int)target.len);
	strbuf_release(&target);
	if (raw != NULL) {
		*stream = new_channel(raw, owner);
		return 1;
	}
	rc = libssh2_session_last_error(owner->session, &reason, NULL, 0);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (libssh2channel_is_fatal(rc)) {
		*owner->closed = true;
		return error_set(err, ERROR_UNAVAILABLE, "the connection to it was lost");
	}
	if (reason != NULL && strstr(reason, "prohibited") != NULL)
		return error_set(err, ERROR_DENIED, TRANSPORT_FORBIDDEN);
	return error_set(err, ERROR_UNAVAILABLE, "nothing listens there, or it is down");
}

enum transport_result libssh2channel_drain(const struct libssh2channel_session *owner)
{
	static const char type[] = "nothing@cxssh";
	LIBSSH2_CHANNEL *raw =
		libssh2_channel_open_ex(owner->session, type, sizeof(type) - 1, PACKET,
	                                PACKET, NULL, 0);
	int rc = libssh2_session_last_errno(owner->session);

	if (raw == NULL && rc == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (raw != NULL)
		(void)libssh2_channel_free(raw); /* no server opens such a channel */
	else if (libssh2channel_is_fatal(rc))
		*owner->closed = true;
	return 1;
}
