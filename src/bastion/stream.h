/* SPDX-License-Identifier: MIT */
/*
 * stream.h - one connection to a server through a bastion: a channel of libssh2's
 * session, or the two pipes that OpenSSH reads and writes.  No operation blocks.
 */
#ifndef BASTION_STREAM_H
#define BASTION_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pollset;
struct stream;

enum {
	STREAM_EOF = 0,    /* read: the server will send no more */
	STREAM_FAIL = -1,  /* the connection is lost */
	STREAM_AGAIN = -2, /* nothing possible now */
};

struct stream_ops {
	/* The number of bytes (> 0), or one of the values above. */
	ssize_t (*read)(struct stream *s, void *buf, size_t cap);
	ssize_t (*write)(struct stream *s, const void *buf, size_t len);

	/* May a write take bytes?  If not, the client is not read either. */
	bool (*writable)(const struct stream *s);

	/* Send end of file.  0, STREAM_FAIL or STREAM_AGAIN. */
	int (*finish)(struct stream *s);

	/* Add the descriptors to wait for, if the stream has its own. */
	void (*poll)(struct stream *s, struct pollset *set, bool reading, bool writing);

	/* Close it.  True when it is freed; false: call again later. */
	bool (*close)(struct stream *s);
};

struct stream {
	const struct stream_ops *ops;
};

#endif
