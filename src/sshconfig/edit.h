/* SPDX-License-Identifier: MIT */
/*
 * edit.h - change a file that belongs to the user, as carefully as one can.
 *
 * The file at the end of all symbolic links is the one that changes; its mode, owner,
 * ACL and extended attributes stay.  ssh must take it before and after, and see the same
 * settings for a host that neither side names; only what removes may mend a file that
 * ssh refuses.  The first edit leaves a copy, PATH.cxssh-backup.
 *
 * Nobody else's change made meanwhile is lost: old and new file change places in one
 * step (renameat2(2), renamex_np(2)), and when what comes out is not what was read,
 * they change back.  Who is killed between the two leaves it as a draft, which stray.h
 * knows from others.  What is lost is only what a program writes, after that step, into
 * a file that it had opened before it.  Where the file system cannot do that step, the
 * file is looked at right before rename(2), and what changes between the two is lost.
 *
 * Knows nothing of what the change is: between edit_begin() and edit_commit()
 * the caller fills after.
 */
#ifndef SSHCONFIG_EDIT_H
#define SSHCONFIG_EDIT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/deadline.h"
#include "base/strbuf.h"

struct error;

struct edit {
	struct strbuf before; /* what is there */
	struct strbuf after;  /* what shall be */
	bool exists;
	bool removes; /* to be set by the caller: after is before without what is ours */
	bool crossed; /* edit_commit() or edit_delete() met somebody else's change */
	char *path;   /* as the user calls it */
	char *real;   /* the end of its links */
	struct stat st;
	struct deadline until;
	int lock;
};

#define EDIT_INIT \
	{ \
		.before = STRBUF_INIT, .after = STRBUF_INIT, .lock = -1 \
	}

/*
 * Take the lock file lock (made if missing, folders too), follow the links and
 * read.  A missing file reads as empty.  edit_release() is due also after a
 * failure: ERROR_CONFIG, or ERROR_RETRY when time is up.
 */
int edit_begin(struct edit *e, const char *path, const char *lock, struct deadline until,
               struct error *err);

/*
 * Put after in the place of before.  -1, and the file is as it was: ERROR_CONFIG
 * when it or its folder is read-only, another's, or not to ssh's liking before or
 * after, or when it has a second name (a hard link), which would keep the old content;
 * ERROR_RETRY when somebody changed it meanwhile, or time is up.
 */
int edit_commit(struct edit *e, struct error *err);

/* Remove the file, if it is still what was read. */
int edit_delete(struct edit *e, struct error *err);

void edit_release(struct edit *e);

/* Where path leads, through any chain of links, also when nothing is there.  NULL
 * with ERROR_CONFIG for a circle.  The caller frees it. */
char *edit_resolve(const char *path, struct error *err);

/* As atomic_read(), with this room's limit. */
int edit_read(const char *path, struct strbuf *content, struct error *err);

#endif
