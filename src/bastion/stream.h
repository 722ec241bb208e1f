/* SPDX-License-Identifier: MIT */
/*
 * stream.h - one connection to a server through a gateway, whatever carries it.
 *
 * What a relay drives: a channel in libssh2's session, or the two descriptors
 * that OpenSSH's client reads and writes.  No operation blocks.
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
	STREAM_FAIL = -1,  /* it is over */
	STREAM_AGAIN = -2, /* nothing possible now */
};

struct stream_ops {
	/* Bytes moved (> 0), or one of the values above. */
	ssize_t (*read)(struct stream *s, void *buf, size_t cap);
	ssize_t (*write)(struct stream *s, const void *buf, size_t len);

	/* Would a write get somewhere, as far as is known?  Who answers no must not
	 * be read for. */
	bool (*writable)(const struct stream *s);

	/* Say that nothing more will be written.  0, STREAM_FAIL or STREAM_AGAIN. */
	int (*finish)(struct stream *s);

	/* Add the descriptors to wait for, where they are the stream's own. */
	void (*poll)(struct stream *s, struct pollset *set, bool reading, bool writing);

	/* End it.  True when it is freed; false: call again later. */
	bool (*close)(struct stream *s);
};

struct stream {
	const struct stream_ops *ops;
};

#endif
