/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/deadline.h"
#include "base/fd.h"
#include "base/mem.h"
#include "net/netbuf.h"
#include "net/tcpinfo.h"

enum {
	KEEP_IDLE_S = 30,
	KEEP_EVERY_S = 10,
	KEEP_TIMES = 3,
	/* More than the 45 s of the generated ServerAlive settings, which shall decide:
	 * the kernel may count from the first loss of an earlier interruption. */
	UNANSWERED_MS = 120000,
	MEASURE_MS = 100, /* between two looks at the rate of the line */
	PARTS = 400, /* of a second: a key may wait as long here, and in the kernel */
	FULL_LEAST = 16 * 1024,
};

static void set_tcp(int fd, int option, int value)
{
	/* Fails on a socketpair, as it may. */
	(void)setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value));
}

/* A keystroke must not queue behind megabytes of an upload, neither here nor in the
 * kernel. */
static void set_full(struct netbuf *w, size_t full)
{
	w->full = full;
#ifdef TCP_NOTSENT_LOWAT
	set_tcp(w->fd, TCP_NOTSENT_LOWAT, (int)full);
#endif
}

/* The line takes no more at once: how fast is it? */
static void measure(struct netbuf *w)
{
	int64_t now = deadline_now_ms();
	struct tcpinfo info;
	int64_t full;

	if (now - w->measured_ms < MEASURE_MS)
		return;
	w->measured_ms = now;
	if (tcpinfo_get(w->fd, &info) == -1 || info.rate == 0)
		return;
	full = info.rate / PARTS;
	if (full < FULL_LEAST)
		full = FULL_LEAST;
	set_full(w, full < NETBUF_FULL ? (size_t)full : NETBUF_FULL);
}

static void tune(int fd)
{
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	set_tcp(fd, TCP_NODELAY, 1);
#ifdef TCP_KEEPIDLE
	set_tcp(fd, TCP_KEEPIDLE, KEEP_IDLE_S);
#elif defined(TCP_KEEPALIVE)
	set_tcp(fd, TCP_KEEPALIVE, KEEP_IDLE_S);
#endif
#ifdef TCP_KEEPINTVL
	set_tcp(fd, TCP_KEEPINTVL, KEEP_EVERY_S);
	set_tcp(fd, TCP_KEEPCNT, KEEP_TIMES);
#endif
#ifdef TCP_USER_TIMEOUT
	set_tcp(fd, TCP_USER_TIMEOUT, UNANSWERED_MS);
#endif
}

void netbuf_open(struct netbuf *w, int fd)
{
	*w = (struct netbuf){ .fd = fd,
		              .out = STRBUF_INIT,
		              .last_read_ms = deadline_now_ms() };
	w->in = xcalloc(1, NETBUF_IN);
	tune(fd);
	set_full(w, NETBUF_FULL);
}

void netbuf_close(struct netbuf *w)
{
	fd_close(&w->fd);
	free(w->in);
	w->in = NULL;
	w->in_len = 0;
	strbuf_release(&w->out);
}

static bool later(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

bool netbuf_fill(struct netbuf *w)
{
	bool moved = false;

	if (w->in_off > 0) {
		memmove(w->in, w->in + w->in_off, w->in_len);
		w->in_off = 0;
	}
	while (w->in_len < NETBUF_IN && !w->ended && w->broken == 0) {
		ssize_t n = recv(w->fd, w->in + w->in_len, NETBUF_IN - w->in_len,
		                 MSG_DONTWAIT);

		if (n == -1 && later(errno))
			break;
		moved = true;
		if (n == -1)
			w->broken = errno;
		else if (n == 0)
			w->ended = true;
		else
			w->in_len += (size_t)n;
	}
	if (moved) {
		w->last_read_ms = deadline_now_ms();
#ifdef TCP_QUICKACK
		/* Must be set again after each read.  Saves a delayed ACK, 40 ms a
		 * connection. */
		set_tcp(w->fd, TCP_QUICKACK, 1);
#endif
	}
	return moved;
}

bool netbuf_flush(struct netbuf *w)
{
	bool moved = false;

	while (netbuf_unsent(w) > 0 && w->broken == 0) {
		ssize_t n = send(w->fd, w->out.data + w->sent, netbuf_unsent(w),
		                 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n == -1 && later(errno)) {
			measure(w);
			break;
		}
		moved = true;
		if (n == -1)
			w->broken = errno;
		else
			w->sent += (size_t)n;
	}
	if (w->sent == w->out.len) {
		strbuf_clear(&w->out);
		w->sent = 0;
	} else if (w->sent >= NETBUF_FULL) {
		w->out.len -= w->sent;
		memmove(w->out.data, w->out.data + w->sent, w->out.len + 1);
		w->sent = 0;
	}
	return moved;
}

short netbuf_events(const struct netbuf *w)
{
	short events = 0;

	if (w->ended || w->broken != 0)
		return 0;
	if (w->in_len < NETBUF_IN)
		events |= POLLIN;
	if (netbuf_unsent(w) > 0)
		events |= POLLOUT;
	return events;
}

ssize_t netbuf_read(struct netbuf *w, void *buf, size_t cap)
{
	size_t n = w->in_len < cap ? w->in_len : cap;

	if (w->shut)
		return -ECONNRESET;
	if (w->held)
		return -EAGAIN;
	if (n == 0) {
		if (w->broken != 0)
			return -w->broken;
		return w->ended ? 0 : -EAGAIN;
	}
	memcpy(buf, w->in + w->in_off, n);
	w->in_off += n;
	w->in_len -= n;
	return (ssize_t)n;
}

ssize_t netbuf_write(struct netbuf *w, const void *buf, size_t len)
{
	if (w->shut)
		return (ssize_t)len; /* dropped: the library must not wait for it */
	if (w->broken != 0)
		return -w->broken;
	strbuf_add(&w->out, buf, len);
	return (ssize_t)len;
}

size_t netbuf_unsent(const struct netbuf *w)
{
	return w->out.len - w->sent;
}

bool netbuf_is_full(const struct netbuf *w)
{
	return netbuf_unsent(w) >= w->full;
}

bool netbuf_is_over(const struct netbuf *w)
{
	return w->broken != 0 || (w->ended && w->in_len == 0);
}
