/* SPDX-License-Identifier: MIT */
/*
 * utf8.h - text in UTF-8: its characters, and names of the API in letters of ASCII.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the byte order mark in front of text, or 0. */
size_t utf8_mark(const char *text, size_t len);

/*
 * The code point of the sequence at text, which begins with a byte above 0x7f, and its
 * length in *len; -1 for bytes that are none: cut short, longer than necessary, a
 * surrogate or above U+10FFFF.
 */
long utf8_decode(const unsigned char *text, size_t left, size_t *len);

/*
 * The name in ASCII: Latin letters without their accents, '_' for other characters.
 * NULL for text that is not UTF-8 or has a control or formatting character beyond ASCII.
 * ASCII stays as it is: valid_name() judges the result.  The caller frees it.
 */
char *utf8_plain_name(const char *text);

/* Do the two, in ASCII, differ in case at most?  begins: or is the given one the begin of
 * name?  These are for what a user gives, as it is or without accents. */
bool utf8_same_name(const char *given, const char *name);
bool utf8_begins_name(const char *given, const char *name);

#endif
