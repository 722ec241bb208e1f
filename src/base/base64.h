/* SPDX-License-Identifier: MIT */
/*
 * base64.h - RFC 4648 section 4, with padding.  Does not block.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

/* Append the text that stands for bytes. */
void base64_encode(const unsigned char *bytes, size_t len, struct strbuf *out);

/* Append the bytes that text stands for; false for a character outside the alphabet or an
 * impossible length.  Padding may be missing. */
bool base64_decode(const char *text, size_t len, struct strbuf *out);

/* Fill exactly size bytes; false unless base64_encode() of them gives this very text. */
bool base64_decode_exactly(const char *text, size_t len, unsigned char *bytes,
                           size_t size);

#endif
