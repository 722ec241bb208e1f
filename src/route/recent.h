/* SPDX-License-Identifier: MIT */
/*
 * recent.h - a file of the times at which something was done, to limit how often it is.
 *
 * A word of it is "TIME" or "TIME:NAME", in seconds since the epoch.  Nothing here blocks
 * or locks.
 */
#ifndef ROUTE_RECENT_H
#define ROUTE_RECENT_H

#include <stdint.h>

struct error;
struct strvec;

/* Push the words of the last seconds, but none with name (NULL: all).  A file that cannot
 * be read has none. */
void recent_read(const char *path, int64_t seconds, const char *name,
                 struct strvec *words);

/* Write the words and one more, of now and name (may be NULL).  -1 with ERROR_CONFIG. */
int recent_write(const char *path, struct strvec *words, const char *name,
                 struct error *err);

#endif
