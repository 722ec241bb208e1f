/* SPDX-License-Identifier: MIT */
/*
 * keyvalue.h - "key = value" lines: the format of the configuration, route files and all
 * other small files of cxssh.
 *
 * A line whose first character after blanks is '#' is a comment.  Blanks around key and
 * value do not count.  There is no quoting and no continuation.
 */
#ifndef BASE_KEYVALUE_H
#define BASE_KEYVALUE_H

#include <stddef.h>

struct error;

/*
 * Called for each line that is neither blank nor a comment; value is NULL for a line
 * without '='.  Both are borrowed for the call.  -1 with err stops.
 */
typedef int keyvalue_fn(const char *key, const char *value, void *cookie,
                        struct error *err);

/*
 * Read all of text, which is modified; text[len] must be NUL.  On failure err begins with
 * "line N: ".  A NUL byte or a line over 4096 bytes is ERROR_CONFIG.  Does not block.
 */
int keyvalue_each(char *text, size_t len, keyvalue_fn *each, void *cookie,
                  struct error *err);

/* Cut the blanks that do not count off both ends, in place; returns what is left. */
char *keyvalue_trim(char *text);

#endif
