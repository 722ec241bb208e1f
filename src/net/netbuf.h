/* SPDX-License-Identifier: MIT */
/*
 * netbuf.h - two buffers in front of a connected socket.
 *
 * libssh2 reads and writes the buffers; only the event loop moves bytes between them and
 * the socket.  So libssh2 never sees a short send, which it handles wrongly, and one turn
 * of the loop reads a bounded amount, which keeps channels fair.  Knows nothing of SSH.
 * Nothing here blocks.
 */
#ifndef NET_NETBUF_H
#define NET_NETBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strbuf.h"

enum {
	NETBUF_IN = 256 * 1024, /* bytes that one netbuf_fill() reads at most */
	NETBUF_FULL =
		128 * 1024, /* the most unsent bytes with which one may add others */
};

struct netbuf {
	int fd;
	unsigned char *in;
	size_t in_off;
	size_t in_len;
	struct strbuf out;
	size_t sent;          /* of out */
	size_t full;          /* unsent bytes that the line takes in 2.5 ms */
	int64_t measured_ms;  /* when that was found */
	int64_t last_read_ms; /* of the last byte; see deadline_now_ms() */
	bool ended;           /* end of file from the peer */
	int broken;           /* errno that ended the connection, or 0 */
	bool shut;            /* set by the owner: reads fail, writes are dropped */
	bool held;            /* set by the owner: reads find nothing yet */
};

/*
 * Takes ownership of the connected TCP or AF_UNIX socket fd.  Sets TCP_NODELAY,
 * keepalive, and limits for unsent bytes in the kernel and for the time without an ACK
 * (120 s).
 */
void netbuf_open(struct netbuf *w, int fd);
void netbuf_close(struct netbuf *w); /* also if never opened: zeroed, fd -1 */

/* Move bytes from the socket and to it.  True if any moved or the state changed. */
bool netbuf_fill(struct netbuf *w);
bool netbuf_flush(struct netbuf *w);

/* The poll(2) events to wait for. */
short netbuf_events(const struct netbuf *w);

/* For libssh2's callbacks: the number of bytes, 0 at the end of file, or -errno; -EAGAIN
 * if there are none now. */
ssize_t netbuf_read(struct netbuf *w, void *buf, size_t cap);
ssize_t netbuf_write(struct netbuf *w, const void *buf, size_t len);

/* Bytes that netbuf_flush() has not sent. */
size_t netbuf_unsent(const struct netbuf *w);

/* Are there so many that what is added, such as a keystroke, would wait for long? */
bool netbuf_is_full(const struct netbuf *w);

/* Has the connection ended, and has all input been read? */
bool netbuf_is_over(const struct netbuf *w);

#endif
