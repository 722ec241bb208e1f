/* SPDX-License-Identifier: MIT */
/*
 * lock.h - exclusive locks between processes, by flock(2) or fcntl(2): the kernel
 * releases one when its holder ends in any way, so no lock is ever stale.
 *
 * A lock file lies beside the file that it guards, so that every process that finds the
 * one finds the other, whatever its XDG variables say.
 */
#ifndef RUNTIME_LOCK_H
#define RUNTIME_LOCK_H

#include "base/deadline.h"

struct error;

/*
 * Lock the file path, which is created if missing, with its folders.  Blocks until the
 * lock is free or the deadline passes.  Returns a descriptor for lock_release(), or -1:
 * ERROR_RETRY when the deadline has passed (the message names the holder where the system
 * says it), ERROR_CONFIG when the file cannot be made or locked.  A
 * file system without any locks gets a log_warning(), and the call succeeds.
 */
int lock_take(const char *path, struct deadline until, struct error *err);
void lock_release(int fd); /* -1 is allowed */

/*
 * The same for a caller that may turn out to write nothing.  If the lock file cannot be
 * made because its folder or disk is read-only, the guarded file does not change either:
 * then the result is a descriptor without a lock.
 */
int lock_take_to_read(const char *path, struct deadline until, struct error *err);

/* Remove the files of folder whose names end so, except locked ones.  Does not block. */
void lock_sweep(const char *folder, const char *ending);

#endif
