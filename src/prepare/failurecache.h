/* SPDX-License-Identifier: MIT */
/*
 * failurecache.h - a failed attempt, shared with the processes that waited for it: fifty
 * sessions at once make one call and print one error, and the next one tries anew.
 */
#ifndef PREPARE_FAILURECACHE_H
#define PREPARE_FAILURECACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct error;

/*
 * Did an attempt at target fail after began_ms (since the epoch)?  Then true, and its
 * error in *err.  From the first process that shares it on, those that come within three
 * seconds share it, too, unless it is something that the user may have mended
 * (ERROR_CONFIG).  A failure that nothing waited for is not shared: the next attempt is
 * made at once.  Nor is one that ran out of time, when until leaves more than a second.
 * Reads a file; does not wait.
 */
bool failcache_get(const char *target, int64_t began_ms, struct deadline until,
                   struct error *err);

/* Write the failure of an attempt whose deadline was until.  An error in writing is
 * ignored. */
void failcache_put(const char *target, const struct error *err, struct deadline until);

#endif
