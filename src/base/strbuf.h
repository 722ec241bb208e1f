/* SPDX-License-Identifier: MIT */
/*
 * strbuf.h - a string that grows.
 *
 * Always NUL-terminated, so .data is a C string at any time.  It may hold NUL bytes: .len
 * counts them.  STRBUF_SECRET makes it wipe each block before free(), also when it grows.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *data; /* never NULL */
	size_t len; /* bytes in use, not counting the final NUL */
	size_t cap; /* bytes allocated; 0 while data is the shared empty string */
	bool secret;
};

extern char strbuf_empty[1];
#define STRBUF_INIT \
	{ \
		.data = strbuf_empty \
	}
#define STRBUF_SECRET \
	{ \
		.data = strbuf_empty, .secret = true \
	}

/* Allocate what extra more bytes and the final NUL need, in one step. */
void strbuf_reserve(struct strbuf *sb, size_t extra);

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len);
void strbuf_adds(struct strbuf *sb, const char *str);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* True if both hold the same bytes. */
bool strbuf_same(const struct strbuf *a, const struct strbuf *b);

/* The last line, without its end, which is cut off; borrowed. */
char *strbuf_last_line(struct strbuf *sb);

/* Empty it; keep the storage. */
void strbuf_clear(struct strbuf *sb);

/* Free the storage; sb is as new. */
void strbuf_release(struct strbuf *sb);

/* Return the string, which the caller frees; sb is as new.  Never NULL. */
char *strbuf_detach(struct strbuf *sb);

#endif
