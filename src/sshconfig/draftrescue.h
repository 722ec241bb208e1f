/* SPDX-License-Identifier: MIT */
/*
 * draftrescue.h - a temporary file that a killed process left beside ~/.ssh/config.
 *
 * Mostly it holds what cxssh wrote, or the file as it was.  Between the two exchanges of
 * runtime/replace.h it holds the only copy of what an editor wrote.
 */
#ifndef SSHCONFIG_DRAFTRESCUE_H
#define SSHCONFIG_DRAFTRESCUE_H

#include <stdbool.h>

/* True if, without the lines and the block of cxssh, draft is empty or equal to the file
 * real.  Does not block. */
bool draftrescue_is_in(const char *draft, const char *real);

/* Rename draft to REAL.cxssh-rescued, or that and a number.  The new name, which the
 * caller frees; or NULL, and draft keeps its name.  Blocks for the disk. */
char *draftrescue_rescue(const char *draft, const char *real);

#endif
