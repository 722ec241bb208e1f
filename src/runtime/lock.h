/* SPDX-License-Identifier: MIT */
/*
 * lock.h - one at a time, across processes.  flock(2): the kernel lets go when
 * the holder ends in any way, so no lock is ever stale.
 *
 * A lock file lies beside what it guards: whoever can reach the one reaches the other,
 * whatever his environment says of caches.
 */
#ifndef RUNTIME_LOCK_H
#define RUNTIME_LOCK_H

#include "base/deadline.h"

struct error;

/*
 * Wait until nobody else holds the lock file path (created if missing, folders
 * too) or the deadline passes.  Returns a descriptor to give to lock_release(),
 * or -1: ERROR_RETRY when time is up.
 */
int lock_take(const char *path, struct deadline until, struct error *err);
void lock_release(int fd); /* -1 is allowed */

/*
 * The same for one who may turn out to have nothing to write.  Where the file cannot be
 * made, because its folder or the disk is read-only, what it guards does not change
 * either, and there is no lock.
 */
int lock_take_to_read(const char *path, struct deadline until, struct error *err);

/* Remove the lock files of folder whose names end so, but for those that are held. */
void lock_sweep(const char *folder, const char *ending);

#endif
