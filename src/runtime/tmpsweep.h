/* SPDX-License-Identifier: MIT */
/*
 * tmpsweep.h - remove temporary files that a killed process left.
 */
#ifndef RUNTIME_TMPSWEEP_H
#define RUNTIME_TMPSWEEP_H

#include <stdbool.h>

/*
 * Remove each temporary file (atomic.h) of folder that no process has locked.  Does not
 * block; files of other names, other users or that cannot be locked stay, and errors are
 * ignored.
 */
void tmpfile_sweep(const char *folder);

/* The same, but a file stays if spare(), called with the file locked, returns true. */
typedef bool tmpfile_spare_fn(const char *folder, const char *name, void *cookie);
void tmpfile_sweep_except(const char *folder, tmpfile_spare_fn *spare, void *cookie);

#endif
