/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "bastion/sshdump.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/paths.h"
#include "runtime/renameswap.h"
#include "sshconfig/edit.h"
#include "sshconfig/xattr.h"

enum { FILE_MAX = 16 * 1024 * 1024, LINKS_MAX = 40 };

/* The folder of path, with its last '/'; empty for a bare name. */
static int folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? 0 : (int)(slash - path + 1);
}

char *edit_resolve(const char *path, struct error *err)
{
	char *at = xstrdup(path);
	char link[PATH_MAX];

	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n = readlink(at, link, sizeof(link) - 1);
		char *next;

		if (n == -1)
			return at; /* no link, or nothing there */
		link[n] = '\0';
		next = link[0] == '/' ? xstrdup(link) :
		                        xasprintf("%.*s%s", folder_length(at), at, link);
		free(at);
		at = next;
	}
	free(at);
	error_set(err, ERROR_CONFIG, "%s: its symbolic links lead nowhere", path);
	return NULL;
}

int edit_read(const char *path, struct strbuf *content, struct error *err)
{
	return atomic_read(path, FILE_MAX, content, err);
}

int edit_begin(struct edit *e, const char *path, const char *lock, struct deadline until,
               struct error *err)
{
	int rc;

	e->until = until;
	e->path = xstrdup(path);
	e->lock = lock_take(lock, until, err);
	if (e->lock == -1)
		return -1;
	e->real = edit_resolve(path, err);
	if (e->real == NULL)
		return -1;
	rc = edit_read(e->real, &e->before, err);
	e->exists = rc == 1;
	if (e->exists && stat(e->real, &e->st) == -1)
		return error_errno(err, ERROR_CONFIG, "%s", e->real);
	return rc == -1 ? -1 : 0;
}

void edit_release(struct edit *e)
{
	strbuf_release(&e->before);
	strbuf_release(&e->after);
	free(e->path);
	free(e->real);
	lock_release(e->lock);
	*e = (struct edit)EDIT_INIT;
}

/* Files that a package manager or a dotfile tool keeps are read-only on purpose. */
static int check_writable(const struct edit *e, struct error *err)
{
	int len = folder_length(e->real);
	char *folder = len == 0 ? xstrdup(".") : xasprintf("%.*s", len, e->real);
	int rc = 0;

	if (e->exists && ((e->st.st_mode & S_IWUSR) == 0 || access(e->real, W_OK) == -1))
		rc = error_set(err, ERROR_CONFIG, "%s is read-only", e->real);
	else if (access(folder, F_OK) == -1)
		rc = error_set(err, ERROR_CONFIG,
		               "%s leads to %s, and there is no such folder", e->path,
		               folder);
	else if (access(folder, W_OK) == -1)
		rc = error_set(err, ERROR_CONFIG, "the folder %s is read-only", folder);
	else if (e->exists && e->st.st_uid != geteuid() && geteuid() != 0)
		rc = error_set(err, ERROR_CONFIG, "%s belongs to another user", e->real);
	else if (e->exists && e->st.st_nlink > 1)
		rc = error_set(err, ERROR_CONFIG,
		               "%s has another name (a hard link), which would keep the "
		               "old content",
		               e->real);
	free(folder);
	return rc;
}

/* Is the file at path the one that was read?  Not a link to it. */
static bool is_what_was_read(const struct edit *e, const char *path)
{
	struct strbuf now = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	struct stat st;
	bool same = lstat(path, &st) == 0 && st.st_dev == e->st.st_dev &&
	            st.st_ino == e->st.st_ino && st.st_mode == e->st.st_mode &&
	            edit_read(path, &now, &ignored) == 1 && now.len == e->before.len &&
	            memcmp(now.data, e->before.data, now.len) == 0;

	strbuf_release(&now);
	return same;
}

static int changed_meanwhile(struct edit *e, struct error *err)
{
	e->crossed = true;
	return error_set(err, ERROR_RETRY, "%s was changed by somebody else just now",
	                 e->path);
}

/* The copy is of the state before the first edit; later ones leave it alone. */
static int keep_backup(const struct edit *e, struct error *err)
{
	char *backup = xasprintf("%s.cxssh-backup", e->path);
	struct stat st;
	int rc = 0;

	if (e->exists && lstat(backup, &st) == -1)
		rc = errno == ENOENT ? atomic_write(backup, e->before.data, e->before.len,
		                                    0600, err) :
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
	const char *now = e->exists ? e->real : "/dev/null";
	int rc = -1;

	if (sshdump_config(now, SSHDUMP_FOREIGN, e->until, &before, err) == -1) {
		if (mends(e, candidate, err))
			rc = 0;
		else
			error_prefix(err, "%s must be mended first", e->path);
		goto out;
	}
	if (sshdump_config(candidate, SSHDUMP_FOREIGN, e->until, &after, err) == -1) {
		error_prefix(err, "%s was left as it was, because after the change",
		             e->path);
		goto out;
	}
	if (strcmp(before.data, after.data) != 0) {
		error_set(err, ERROR_CONFIG,
		          "%s was left as it was, because the change would "
		          "reach hosts that are not ours",
		          e->path);
		goto out;
	}
	rc = 0;
out:
	strbuf_release(&before);
	strbuf_release(&after);
	return rc;
}

/* Owner, ACL and extended attributes as the file has them; then its mode, which a
 * change of owner cuts, and an ACL is part of. */
static int keep_attributes(const struct edit *e, const struct tmpfile *draft,
                           struct error *err)
{
	struct stat st;

	if (!e->exists)
		return 0;
	if (fstat(draft->fd, &st) == -1 ||
	    ((st.st_uid != e->st.st_uid || st.st_gid != e->st.st_gid) &&
	     fchown(draft->fd, e->st.st_uid, e->st.st_gid) == -1))
		return error_errno(err, ERROR_CONFIG, "cannot keep the owner of %s",
		                   e->real);
	if (xattr_copy(e->real, draft->fd) == -1)
		return error_errno(err, ERROR_CONFIG,
		                   "cannot keep the ACL and the attributes of %s",
		                   e->real);
	if (fchmod(draft->fd, e->st.st_mode & 07777) == -1 || fsync(draft->fd) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot keep the mode of %s",
		                   e->real);
	return 0;
}

/* Where there was no file, and must not be one now. */
static int place_new(struct edit *e, struct tmpfile *draft, struct error *err)
{
	struct stat st;

	if (link(draft->name, e->real) == 0) {
		atomic_sync_folder(e->real);
		tmpfile_release(draft);
		return 0;
	}
	if (errno == EEXIST || lstat(e->real, &st) == 0)
		return changed_meanwhile(e, err);
	return tmpfile_publish(draft, e->real, err); /* no hard links there */
}

/*
 * Old and new change places, and the old one is looked at where nobody writes it any
 * more.  The name of the draft is the old file's then, so it is locked too, lest it be
 * swept (tmpsweep.h) before it was looked at.
 */
static int place_over(struct edit *e, struct tmpfile *draft, struct error *err)
{
	int old = open(e->real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc = -1;

	if (old != -1)
		(void)flock(old, LOCK_SH | LOCK_NB);
	if (!is_what_was_read(e, e->real)) {
		changed_meanwhile(e, err);
	} else if (rename_exchange(draft->name, e->real) == 0) {
		if (is_what_was_read(e, draft->name))
			rc = 0;
		else if (rename_exchange(draft->name, e->real) == 0)
			changed_meanwhile(e, err);
		else
			error_errno(err, ERROR_CONFIG, "cannot write %s", e->path);
		atomic_sync_folder(e->real);
	} else if (rename_exchange_is_missing(errno)) {
		rc = tmpfile_publish(draft, e->real, err);
	} else {
		error_errno(err, ERROR_CONFIG, "cannot write %s", e->real);
	}
	if (rc == 0)
		tmpfile_release(draft);
	if (old != -1)
		(void)close(old);
	return rc;
}

static int replace(struct edit *e, struct tmpfile *draft, struct error *err)
{
	if (keep_attributes(e, draft, err) == -1 ||
	    check_with_ssh(e, draft->name, err) == -1 || keep_backup(e, err) == -1)
		return -1;
	return e->exists ? place_over(e, draft, err) : place_new(e, draft, err);
}

int edit_commit(struct edit *e, struct error *err)
{
	struct tmpfile draft = TMPFILE_INIT;
	int rc;

	if (e->exists && e->after.len == e->before.len &&
	    memcmp(e->after.data, e->before.data, e->after.len) == 0)
		return 0;
	if (e->after.len > FILE_MAX) /* we could not read it again */
		return error_set(err, ERROR_CONFIG,
		                 "%s would become longer than %d bytes", e->path,
		                 FILE_MAX);
	if (strcmp(e->real, e->path) == 0 && paths_make_for(e->path, err) == -1)
		return -1;
	if (check_writable(e, err) == -1 ||
	    tmpfile_open(&draft, e->real, e->after.data, e->after.len, 0600, err) == -1)
		return -1;
	rc = replace(e, &draft, err);
	if (rc == -1)
		tmpfile_release(&draft);
	return rc;
}

/* Back to its place, unless there is a new one. */
static void put_back(const struct edit *e, const char *name)
{
	struct stat st;

	if (link(name, e->real) == 0)
		(void)unlink(name);
	else if (errno != EEXIST && lstat(e->real, &st) == -1)
		(void)rename(name, e->real); /* no hard links there */
}

/* It gets the name of a draft first, and is looked at where nobody writes it. */
int edit_delete(struct edit *e, struct error *err)
{
	struct tmpfile draft = TMPFILE_INIT;
	int rc = -1;

	if (check_writable(e, err) == -1)
		return -1;
	if (!is_what_was_read(e, e->real))
		return changed_meanwhile(e, err);
	if (tmpfile_open(&draft, e->real, "", 0, 0600, err) == -1)
		return -1;
	if (rename(e->real, draft.name) == -1) {
		error_errno(err, ERROR_CONFIG, "cannot remove %s", e->real);
	} else if (is_what_was_read(e, draft.name)) {
		rc = 0;
	} else {
		put_back(e, draft.name);
		changed_meanwhile(e, err);
	}
	atomic_sync_folder(e->real);
	if (rc == 0 || !e->crossed)
		tmpfile_release(&draft);
	tmpfile_close(&draft);
	return rc;
}
