/* SPDX-License-Identifier: MIT */
/*
 * suggest.h - the name that is most like a mistyped one, for "did you mean".
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

enum { SUGGEST_FAR = 1000 };

/*
 * How far candidate is from name, as git counts for its commands: a swap 0, an insertion
 * 1, a substitution 2, a deletion 3; 0 when it contains a name of three characters or
 * more.  SUGGEST_FAR when it was probably not meant: 7 and more, or more than half of the
 * name's length and one.
 */
size_t suggest_cost(const char *name, const char *candidate);

/* The nearest of names, or NULL where none is near.  Borrowed. */
const char *suggest_near(const char *name, const char *const names[], size_t count);

#endif
