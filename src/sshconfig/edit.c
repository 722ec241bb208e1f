/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "bastion/sshdump.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/paths.h"
#include "sshconfig/edit.h"

enum { FILE_MAX = 16 * 1024 * 1024 };

int edit_read(const char *path, struct strbuf *content, struct error *err)
{
	return atomic_read(path, FILE_MAX, content, err);
}

int edit_begin(struct edit *e, const char *path, const char *lock, struct deadline until,
               struct error *err)
{
	e->until = until;
	e->lock = lock_take(lock, until, err);
	return e->lock == -1 ? -1 : replace_begin(&e->old, path, FILE_MAX, err);
}

void edit_release(struct edit *e)
{
	replace_release(&e->old);
	strbuf_release(&e->after);
	lock_release(e->lock);
	*e = (struct edit)EDIT_INIT;
}

/* The copy is of the state before the first edit; later ones leave it alone. */
static int keep_backup(const struct edit *e, struct error *err)
{
	char *backup = xasprintf("%s.cxssh-backup", e->old.path);
	struct stat st;
	int rc = 0;

	if (e->old.exists && lstat(backup, &st) == -1)
		rc = errno == ENOENT ? atomic_write(backup, e->old.before.data,
		                                    e->old.before.len, 0600, err) :
		                       error_errno(err, ERROR_CONFIG, "%s", backup);
	free(backup);
	return rc;
}

/*
 * ssh refuses the file, as err says.  When it takes it without what is ours, the cause
 * lies in that, or in what our line includes, and taking it out is the cure.
 */
static bool mends(const struct edit *e, const char *candidate, const struct error *err)
{
	struct strbuf output = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	bool yes = e->removes && err->code == ERROR_CONFIG &&
	           sshdump_config(candidate, SSHDUMP_FOREIGN, e->until, &output,
	                          &ignored) == 0;

	strbuf_release(&output);
	return yes;
}

/* ssh must take the candidate as it took the file, and see no difference in it. */
static int check_with_ssh(const struct edit *e, const char *candidate, struct error *err)
{
	struct strbuf before = STRBUF_INIT;
	struct strbuf after = STRBUF_INIT;
	const char *now = e->old.exists ? e->old.real : "/dev/null";
	int rc = -1;

	if (sshdump_config(now, SSHDUMP_FOREIGN, e->until, &before, err) == -1) {
		if (mends(e, candidate, err))
			rc = 0;
		else
			error_prefix(err, "%s must be mended first", e->old.path);
		goto out;
	}
	if (sshdump_config(candidate, SSHDUMP_FOREIGN, e->until, &after, err) == -1) {
		error_prefix(err, "%s was left as it was, because after the change",
		             e->old.path);
		goto out;
	}
	if (strcmp(before.data, after.data) != 0) {
		error_set(err, ERROR_CONFIG,
		          "%s was left as it was, because the change would "
		          "reach hosts that are not ours",
		          e->old.path);
		goto out;
	}
	rc = 0;
out:
	strbuf_release(&before);
	strbuf_release(&after);
	return rc;
}

int edit_commit(struct edit *e, struct error *err)
{
	struct tmpfile draft = TMPFILE_INIT;

	if (e->old.exists && e->after.len == e->old.before.len &&
	    memcmp(e->after.data, e->old.before.data, e->after.len) == 0)
		return 0;
	if (e->after.len > FILE_MAX) /* we could not read it again */
		return error_set(err, ERROR_CONFIG,
		                 "%s would become longer than %d bytes", e->old.path,
		                 FILE_MAX);
	if (strcmp(e->old.real, e->old.path) == 0 &&
	    paths_make_for(e->old.path, err) == -1)
		return -1;
	if (replace_draft(&e->old, e->after.data, e->after.len, 0600, &draft, err) == 0 &&
	    check_with_ssh(e, draft.name, err) == 0 && keep_backup(e, err) == 0)
		return replace_commit(&e->old, &draft, err);
	tmpfile_release(&draft);
	return -1;
}
