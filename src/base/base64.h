/* SPDX-License-Identifier: MIT */
/*
 * base64.h - RFC 4648 section 4, with padding.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

void base64_encode(const unsigned char *bytes, size_t len, struct strbuf *out);

/* Append what text stands for; false where a character is not of the alphabet or
 * the length is impossible.  Padding may be missing. */
bool base64_decode(const char *text, size_t len, struct strbuf *out);

/* Read size bytes; false unless text is what base64_encode() makes of them, to the
 * letter.  Allocates nothing. */
bool base64_decode_exactly(const char *text, size_t len, unsigned char *bytes,
                           size_t size);

#endif
