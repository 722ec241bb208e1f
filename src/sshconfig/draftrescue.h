/* SPDX-License-Identifier: MIT */
/*
 * draftrescue.h - a draft that a killed process left beside the user's ~/.ssh/config.
 *
 * Mostly it is what we wrote, or the file as it was before, and nobody misses it.  But
 * between the two steps of an edit that met an editor at work (edit.h) it is the file
 * with what the editor wrote, and there is no other copy of that.
 */
#ifndef SSHCONFIG_DRAFTRESCUE_H
#define SSHCONFIG_DRAFTRESCUE_H

#include <stdbool.h>

/* Is there nothing in draft but what is ours, and what is in the file real? */
bool draftrescue_is_in(const char *draft, const char *real);

/* Give draft a name that a person finds, REAL.cxssh-rescued, or that and a number.
 * The new name, which the caller frees, or NULL, and the draft is as it was. */
char *draftrescue_rescue(const char *draft, const char *real);

#endif
