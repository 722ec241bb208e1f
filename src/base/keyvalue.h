/* SPDX-License-Identifier: MIT */
/*
 * keyvalue.h - "key = value" lines: the form of our configuration, of route
 * files and of every other small file of ours.
 *
 * '#' as the first character of a line makes it a comment.  Blanks around key
 * and value do not count.  There is no quoting and no continuation.
 */
#ifndef BASE_KEYVALUE_H
#define BASE_KEYVALUE_H

#include <stddef.h>

struct error;

/*
 * Called for each line that is neither blank nor a comment; value is NULL where
 * the line has no '='.  Both are borrowed for the call.  Returning -1 with err
 * ends the reading.
 */
typedef int keyvalue_fn(const char *key, const char *value, void *cookie,
                        struct error *err);

/*
 * Read all of text, which is changed on the way.  On failure err says "line N: "
 * first.  A NUL byte or a line over 4096 bytes is ERROR_CONFIG.
 */
int keyvalue_each(char *text, size_t len, keyvalue_fn *each, void *cookie,
                  struct error *err);

#endif
