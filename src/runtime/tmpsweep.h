/* SPDX-License-Identifier: MIT */
/*
 * tmpsweep.h - sweep up what a killed process was about to put in its place.
 */
#ifndef RUNTIME_TMPSWEEP_H
#define RUNTIME_TMPSWEEP_H

#include <stdbool.h>

/*
 * Remove from folder every draft (atomic.h) that nobody holds any more.  What has
 * another name, belongs to another user or is no file stays, as does what cannot be
 * locked; a folder that cannot be read has none.
 */
void tmpfile_sweep(const char *folder);

/* The same, but what spare() is true of stays: called for each with its name in folder,
 * while nobody else can sweep it. */
typedef bool tmpfile_spare_fn(const char *folder, const char *name, void *cookie);
void tmpfile_sweep_except(const char *folder, tmpfile_spare_fn *spare, void *cookie);

#endif
