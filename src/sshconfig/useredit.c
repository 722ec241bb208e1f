/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "bastion/sshdump.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/paths.h"
#include "sshconfig/useredit.h"
#include "sshconfig/validate.h"

static int begin(struct useredit *e, struct error *err)
{
	char *lock = xasprintf("%s.lock", e->state_path);

	e->lock = lock_take(lock, e->until, err);
	free(lock);
	if (e->lock == -1 || replace_begin(&e->old, e->path, USEREDIT_MAX, err) == -1)
		return -1;
	return userstate_read(e->state_path, &e->state, err);
}

/* The backup is of the state before the first change; later ones keep it. */
static int keep_backup(const struct replace *old, struct error *err)
{
	char *backup = xasprintf("%s.cxssh-backup", old->path);
	struct stat st;
	int rc = 0;

	if (old->exists && lstat(backup, &st) == -1)
		rc = errno == ENOENT ? atomic_write(backup, old->before.data,
		                                    old->before.len, 0600, err) :
		                       error_errno(err, ERROR_CONFIG, "%s", backup);
	free(backup);
	return rc;
}

/* ssh must take the file before and after, and give other hosts the same settings.  A
 * file that ssh refuses may change only if that mends it: the line of cxssh, or what it
 * includes, was the cause. */
static int check_with_ssh(struct useredit *e, const char *draft, struct error *err)
{
	const char *now = e->old.exists ? e->old.real : "/dev/null";
	struct strbuf before = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	int rc = sshdump_config(now, SSHDUMP_FOREIGN, e->until, &before, err);

	if (rc == 0) {
		rc = validate_others(draft, before.data, e->until, err);
		if (rc == -1)
			error_prefix(err, "%s was left as it was", e->path);
	} else if (e->removes && err->code == ERROR_CONFIG &&
	           sshdump_config(draft, SSHDUMP_FOREIGN, e->until, &before, &ignored) ==
	                   0) {
		rc = 0;
	} else {
		error_prefix(err, "%s must be mended first", e->path);
	}
	strbuf_release(&before);
	return rc;
}

static int commit(struct useredit *e, struct error *err)
{
	struct replace *old = &e->old;
	struct tmpfile draft = TMPFILE_INIT;

	if (old->exists && strbuf_same(&e->after, &old->before))
		return 0;
	if (e->after.len > USEREDIT_MAX) /* it could not be read again */
		return error_set(err, ERROR_CONFIG,
		                 "%s would become longer than %d bytes", old->path,
		                 USEREDIT_MAX);
	if (strcmp(old->real, old->path) == 0 && paths_make_for(old->path, err) == -1)
		return -1;
	if (replace_draft(old, e->after.data, e->after.len, &draft, err) == 0 &&
	    check_with_ssh(e, draft.name, err) == 0 && keep_backup(old, err) == 0)
		return replace_commit(old, &draft, err);
	tmpfile_release(&draft);
	return -1;
}

/* The state is written first: a line that it does not know would stay for ever. */
int useredit_add(struct useredit *e, const struct userstate *state, struct error *err)
{
	struct error second = ERROR_INIT;

	if (userstate_write(e->state_path, state, err) == -1)
		return -1;
	if (commit(e, err) == 0)
		return 0;
	(void)userstate_write(e->state_path, &e->state, &second);
	return -1;
}

/* For the same reason the state is written last. */
int useredit_remove(struct useredit *e, struct userstate *state, struct error *err)
{
	bool only_ours = state->created && e->after.len == 0;

	e->removes = true;
	if ((only_ours ? replace_delete(&e->old, err) : commit(e, err)) == -1)
		return -1;
	state->created = state->created && !only_ours;
	return userstate_write(e->state_path, state, err);
}

int useredit_make(const char *path, const char *state_path, useredit_fn *change,
                  const void *request, struct deadline until, struct error *err)
{
	enum { TRIES = 5 };
	bool again = true;
	int rc = -1;

	for (int i = 0; i < TRIES && again; i++) {
		struct useredit e = { .path = path,
			              .state_path = state_path,
			              .until = until,
			              .old = REPLACE_INIT,
			              .after = STRBUF_INIT };

		rc = begin(&e, err);
		if (rc == 0)
			rc = change(&e, request, err);
		again = rc == -1 && e.old.crossed;
		replace_release(&e.old);
		strbuf_release(&e.after);
		lock_release(e.lock);
	}
	return rc;
}
