/* SPDX-License-Identifier: MIT */
/*
 * identity.h - the private keys that the API hands out, under the toolbelt's own
 * names in ~/.ssh, so that both tools share them.
 */
#ifndef KEYS_IDENTITY_H
#define KEYS_IDENTITY_H

#include <stdbool.h>

#include "base/deadline.h"

struct api;
struct error;

/* ~/.ssh/cx_UID, or cx_UID_pkey for a personal key; absolute, the caller frees it. */
char *identity_path(const char *stack_uid, bool personal);

/* Is a file there that ssh can use? */
bool identity_exists(const char *path);

/*
 * ssh takes no private key of ours that others can read or change, and neither do we:
 * -1 with ERROR_CONFIG and the command that helps.  0 also where there is none.
 */
int identity_check(const char *path, struct error *err);

/*
 * Download the key of a server into path, unless it is there: one download for
 * any number of callers at once.  again: replace what is there.  1 when the file
 * is there, 0 when the API has no key to give, -1 with err.
 */
int identity_fetch(struct api *api, const char *stack_uid, const char *server_uid,
                   const char *path, bool again, struct deadline until,
                   struct error *err);

/* The lock of identity_fetch(): one at a time fetches keys of a stack.  For
 * lock_release(); ERROR_RETRY when time is up. */
int identity_lock(const char *stack_uid, struct deadline until, struct error *err);

#endif
