/* SPDX-License-Identifier: MIT */
/*
 * netbuf.h - a TCP connection seen as two buffers.
 *
 * libssh2 gets its bytes from here and leaves them here; only the loop that owns
 * the connection moves them to and from the socket.  So libssh2 never sees a
 * short send, which it cannot bear (openssh.md B.1), and never drains more of
 * the socket than one turn of the loop allows, which keeps channels fair.
 * Knows nothing of SSH.
 */
#ifndef NET_NETBUF_H
#define NET_NETBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strbuf.h"

enum {
	NETBUF_IN = 256 * 1024,   /* the most that one netbuf_fill() takes */
	NETBUF_FULL = 128 * 1024, /* with more than this unsent, nobody should add */
};

struct netbuf {
	int fd;
	unsigned char *in;
	size_t in_off;
	size_t in_len;
	struct strbuf out;
	size_t sent;          /* of out */
	int64_t last_read_ms; /* when the last byte came; see deadline_now_ms() */
	bool ended;           /* the peer has said all */
	int broken;           /* errno of what broke the connection, or 0 */
	bool shut;            /* give and take nothing any more */
};

/*
 * Take the connected socket fd: no delays, keepalive, a limit to
 * unsent bytes in the kernel and to how long sent ones may stay unanswered.  Works
 * for an AF_UNIX socket too.  send_buffer: SO_SNDBUF, or 0 for the system's.
 */
void netbuf_open(struct netbuf *w, int fd, int send_buffer);
void netbuf_close(struct netbuf *w); /* also when never opened, if zeroed with fd -1 */

/* Move bytes between buffers and socket, as many as go without waiting.  True when
 * any moved, or the state changed. */
bool netbuf_fill(struct netbuf *w);
bool netbuf_flush(struct netbuf *w);

/* The poll(2) events to wait for. */
short netbuf_events(const struct netbuf *w);

/* For the library: -errno, or how many bytes; EAGAIN when there are none now. */
ssize_t netbuf_read(struct netbuf *w, void *buf, size_t cap);
ssize_t netbuf_write(struct netbuf *w, const void *buf, size_t len);

size_t netbuf_unsent(const struct netbuf *w);

/* Has the connection ended, and all that came been taken? */
bool netbuf_is_over(const struct netbuf *w);

#endif
