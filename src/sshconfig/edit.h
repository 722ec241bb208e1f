/* SPDX-License-Identifier: MIT */
/*
 * edit.h - change the user's ssh_config(5) file, by runtime/replace.h and with these
 * checks: ssh must accept the file before and after, with the same settings for a host
 * that neither side names; only a removal may repair a file that ssh refuses.  The first
 * edit leaves a copy, PATH.cxssh-backup.
 *
 * Knows nothing of the change itself: the caller fills after between edit_begin() and
 * edit_commit().
 */
#ifndef SSHCONFIG_EDIT_H
#define SSHCONFIG_EDIT_H

#include <stdbool.h>

#include "base/deadline.h"
#include "base/strbuf.h"
#include "runtime/replace.h"

struct error;

struct edit {
	struct replace old;
	struct strbuf after; /* the new content */
	bool removes; /* set by the caller: after is the old content without our lines */
	struct deadline until;
	int lock;
};

#define EDIT_INIT \
	{ \
		.old = REPLACE_INIT, .after = STRBUF_INIT, .lock = -1 \
	}

/*
 * Take the lock file lock (made if missing, folders too) and read the file, of which a
 * missing one reads as empty.  Blocks until the deadline.  Call edit_release() also after
 * a failure: ERROR_RETRY when time is up, else ERROR_CONFIG.
 */
int edit_begin(struct edit *e, const char *path, const char *lock, struct deadline until,
               struct error *err);

/*
 * Replace the content by after.  Blocks for ssh -G, until the deadline.  -1, and the file
 * is as it was: as replace_draft() and replace_commit(), or ERROR_CONFIG when ssh does
 * not accept it before or after.
 */
int edit_commit(struct edit *e, struct error *err);

void edit_release(struct edit *e);

/* As atomic_read(), with the size limit of this module. */
int edit_read(const char *path, struct strbuf *content, struct error *err);

#endif
