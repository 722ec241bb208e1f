/* SPDX-License-Identifier: MIT */
/*
 * replace.h - replace a file that the user may edit as well, and lose no change that
 * another program makes meanwhile.
 *
 * The file at the end of all symbolic links is the one that changes; its mode, owner, ACL
 * and extended attributes stay.  Old and new file change places in one step
 * (renameswap.h), and they change back when the old one is not what was read.  A process
 * that is killed between the two leaves the old file as a temporary one.  Lost is only
 * what a program writes, after that step, into a file that it opened before.  A file
 * system without that step gets a check right before rename(2).  A bind mount, which
 * cannot be renamed, is written in place, and emptied where it was to be removed; until
 * it is whole, the temporary file has the same content.
 *
 * Blocks for nothing but the disk.  No lock is taken: that is the caller's.
 */
#ifndef RUNTIME_REPLACE_H
#define RUNTIME_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/strbuf.h"

struct error;
struct tmpfile;

struct replace {
	struct strbuf before; /* the content that was read */
	bool exists;
	bool crossed; /* another program changed the file: ERROR_RETRY */
	char *path;   /* as the user calls it */
	char *real;   /* the end of its links */
	struct stat st;
};

#define REPLACE_INIT \
	{ \
		.before = STRBUF_INIT \
	}

/*
 * Follow the links of path and read at most max bytes; a missing file reads as empty.
 * Call replace_release() also after a failure, which is ERROR_CONFIG: links in a circle,
 * or as atomic_read().
 */
int replace_begin(struct replace *r, const char *path, size_t max, struct error *err);
void replace_release(struct replace *r);

/*
 * Make the new file beside the old one, with its attributes (mode 0600 where there was
 * none), for checks before replace_commit(); the caller ends it with tmpfile_release()
 * on failure.  ERROR_CONFIG when the file or its folder is read-only or another user's,
 * when it has a hard link, which would keep the old content, or as tmpfile_open().
 */
int replace_draft(const struct replace *r, const void *bytes, size_t len,
                  struct tmpfile *tmp, struct error *err);

/* Put the new file in place; ends *tmp, also on failure.  ERROR_RETRY with r->crossed
 * set when the file is not what was read, else ERROR_CONFIG; the file is then as it was.
 */
int replace_commit(struct replace *r, struct tmpfile *tmp, struct error *err);

/* Remove the file if it is what was read; fails as replace_draft() and replace_commit().
 */
int replace_delete(struct replace *r, struct error *err);

/* All of it for a caller without checks: nothing is written if bytes are there already.
 */
int replace_content(struct replace *r, const void *bytes, size_t len, struct error *err);

/* The path that path leads to through all symbolic links, also if nothing is there; the
 * caller frees it.  NULL with ERROR_CONFIG for a circle. */
char *replace_resolve(const char *path, struct error *err);

#endif
