/* SPDX-License-Identifier: MIT */
/*
 * useredit.h - one change of the user's ~/.ssh/config, with the lock held: checked by ssh
 * before and after, with a backup, and repeated when another program changes the file
 * meanwhile.  Blocks and fails as userfile.h says.
 */
#ifndef SSHCONFIG_USEREDIT_H
#define SSHCONFIG_USEREDIT_H

#include <stdbool.h>

#include "base/deadline.h"
#include "base/strbuf.h"
#include "runtime/replace.h"
#include "sshconfig/userstate.h"

struct error;

enum { USEREDIT_MAX = 16 * 1024 * 1024 /* bytes of a ~/.ssh/config */ };

struct useredit {
	const char *path;       /* ~/.ssh/config */
	const char *state_path; /* ~/.ssh/cxssh/state; the lock is state.lock */
	struct deadline until;
	struct replace old;     /* old.before is the text */
	struct strbuf after;    /* what the text is to become */
	struct userstate state; /* as it was before the change */
	bool removes;           /* after is before without the lines or the block */
	int lock;
};

/* Set e->after by e->old and e->state, and end with useredit_add() or _remove(), or with
 * neither where nothing is to be done. */
typedef int useredit_fn(struct useredit *e, const void *request, struct error *err);

/* Read the file and call change(); again when another program changed the file.  The
 * paths are borrowed. */
int useredit_make(const char *path, const char *state_path, useredit_fn *change,
                  const void *request, struct deadline until, struct error *err);

/* Write e->after, in which lines or a block were added or removed, and the new state. */
int useredit_add(struct useredit *e, const struct userstate *state, struct error *err);
int useredit_remove(struct useredit *e, struct userstate *state, struct error *err);

#endif
