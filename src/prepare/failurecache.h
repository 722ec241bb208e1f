/* SPDX-License-Identifier: MIT */
/*
 * failurecache.h - a failed attempt, shared with those who were waiting for it: fifty
 * sessions at once make one call and see one error, and the next one tries anew.
 */
#ifndef PREPARE_FAILURECACHE_H
#define PREPARE_FAILURECACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct error;

/* Wall-clock milliseconds: the same for every process. */
int64_t failcache_now_ms(void);

/*
 * Did an attempt at target fail after we began to wait?  Then that is ours, too.  Once
 * one has shared it there is a crowd, and for three seconds its latecomers are told the
 * same, unless it is something that the user may have mended since (ERROR_CONFIG); a
 * single attempt that failed keeps nobody from trying again at once.  An attempt whose
 * time was over says nothing to who has some left until then.
 */
bool failcache_get(const char *target, int64_t began_ms, struct deadline until,
                   struct error *err);

/* Leave the failure of an attempt that had time until then for those who wait.  Never
 * fails loudly. */
void failcache_put(const char *target, const struct error *err, struct deadline until);

#endif
