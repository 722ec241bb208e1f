/* SPDX-License-Identifier: MIT */
/*
 * sshbuf.h - the data types of the SSH protocols (RFC 4251 section 5), read and written:
 * byte, uint32, string and mpint.  Does not block.
 */
#ifndef BASE_SSHBUF_H
#define BASE_SSHBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

/* Bytes yet to be read; borrowed. */
struct sshbuf {
	const unsigned char *at;
	size_t left;
};

struct sshbuf sshbuf_of(const struct strbuf *bytes);

/*
 * Take the next value off the front.  False, with *p and the result as they were, when
 * it is not complete.  A string is borrowed from the bytes.
 */
bool sshbuf_get_u8(struct sshbuf *p, unsigned char *value);
bool sshbuf_get_u32(struct sshbuf *p, uint32_t *value);
bool sshbuf_get_string(struct sshbuf *p, struct sshbuf *string);

/* A string as text; false also when it has a NUL or does not fit. */
bool sshbuf_get_cstring(struct sshbuf *p, char *out, size_t cap);

/* Are these bytes exactly this text, or those of bytes? */
bool sshbuf_equals(const struct sshbuf *p, const char *text);
bool sshbuf_same(const struct sshbuf *p, const struct strbuf *bytes);

void sshbuf_put_u8(struct strbuf *out, unsigned char value);
void sshbuf_put_u32(struct strbuf *out, uint32_t value);
void sshbuf_put_string(struct strbuf *out, const void *bytes, size_t len);
void sshbuf_put_cstring(struct strbuf *out, const char *text);

/* Write an unsigned big-endian number as an mpint. */
void sshbuf_put_mpint(struct strbuf *out, const unsigned char *number, size_t len);

#endif
