/* SPDX-License-Identifier: MIT */
/*
 * suggest.h - the name that is most like a mistyped one, for "did you mean".
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

/* The number of single-character edits between a and b (Levenshtein); only the first 64
 * characters count. */
size_t suggest_distance(const char *a, const char *b);

/* The one of count (at least 1) names with the smallest distance; borrowed. */
const char *suggest(const char *name, const char *const names[], size_t count);

/*
 * The nearest of names, or NULL where none is so near that it was probably meant.  Counts
 * as git does for its commands: a swap 0, an insertion 1, a substitution 2, a deletion 3;
 * below 7 is near.  Borrowed.
 */
const char *suggest_near(const char *name, const char *const names[], size_t count);

#endif
