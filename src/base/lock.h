/*
 * lock.h - one at a time, across processes.  flock(2): the kernel lets go when
 * the holder ends in any way, so no lock is ever stale.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include "base/deadline.h"

struct error;

/*
 * Wait until nobody else holds the lock file path (created if missing, folders
 * too) or the deadline passes.  Returns a descriptor to give to lock_release(),
 * or -1: ERROR_RETRY when time is up.
 */
int lock_take(const char *path, struct deadline until, struct error *err);
void lock_release(int fd); /* -1 is allowed */

#endif
