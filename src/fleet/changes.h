/* SPDX-License-Identifier: MIT */
/*
 * changes.h - what differs between two states of the fleet, by alias.  Nothing here
 * blocks.
 */
#ifndef FLEET_CHANGES_H
#define FLEET_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strvec.h"

struct error;
struct fleet;

struct changes {
	struct strvec added;   /* aliases, sorted */
	struct strvec gone;    /* likewise */
	struct strvec changed; /* "ALIAS (address, user)" */
	size_t left_out;       /* of a stack that was not selected this time */
	size_t before;         /* hosts that there were */
};

#define CHANGES_INIT \
	{ \
		.before = 0 \
	}

/* Fill *changes (CHANGES_INIT), which the caller releases. */
void changes_between(const struct fleet *before, const struct fleet *after,
                     struct changes *changes);
void changes_release(struct changes *changes);

/* Do more than a third of at least ten hosts vanish?  Then the answer of the API may be
 * wrong. */
bool changes_are_many(const struct changes *changes);

/*
 * Refuse these changes: set ERROR_RETRY with hint as the command that helps, and note it
 * for "cxssh list" and "cxssh doctor"; -1.  changes_accepted() removes the note.
 */
int changes_refuse(const struct changes *changes, const char *hint, struct error *err);
void changes_accepted(void);

/* What the last sync was refused for, a printable sentence; NULL: it was not.  The caller
 * frees it.  Does not block. */
char *changes_refused(void);

#endif
