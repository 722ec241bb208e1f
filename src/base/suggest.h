/* SPDX-License-Identifier: MIT */
/*
 * suggest.h - "did you mean": which of a few names is most like a mistyped one.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

/* How many single-character edits lie between a and b (Levenshtein). */
size_t suggest_distance(const char *a, const char *b);

/* The one of count (at least 1) names with the smallest distance; borrowed. */
const char *suggest(const char *name, const char *const names[], size_t count);

#endif
