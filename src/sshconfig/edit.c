#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/dirs.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/mem.h"
#include "sshconfig/askssh.h"
#include "sshconfig/edit.h"

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
	free(folder);
	return rc;
}

/* Is the file still the one that was read? */
static bool is_unchanged(const struct edit *e)
{
	struct strbuf now = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	struct stat st;
	bool same;

	if (!e->exists)
		return lstat(e->real, &st) == -1 && errno == ENOENT;
	same = stat(e->real, &st) == 0 && st.st_dev == e->st.st_dev &&
	       st.st_ino == e->st.st_ino && st.st_mode == e->st.st_mode &&
	       edit_read(e->real, &now, &ignored) == 1 && now.len == e->before.len &&
	       memcmp(now.data, e->before.data, now.len) == 0;
	strbuf_release(&now);
	return same;
}

static int changed_meanwhile(const struct edit *e, struct error *err)
{
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
		rc = atomic_write(backup, e->before.data, e->before.len, 0600, err);
	free(backup);
	return rc;
}

/* ssh must take the candidate as it took the file, and see no difference in it. */
static int check_with_ssh(const struct edit *e, const char *candidate, struct error *err)
{
	struct strbuf before = STRBUF_INIT;
	struct strbuf after = STRBUF_INIT;
	const char *now = e->exists ? e->real : "/dev/null";
	int rc = -1;

	if (askssh_config(now, ASKSSH_FOREIGN, e->until, &before, err) == -1) {
		error_prefix(err, "%s must be mended first", e->path);
		goto out;
	}
	if (askssh_config(candidate, ASKSSH_FOREIGN, e->until, &after, err) == -1) {
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

/* Give the candidate the owner of the file; only root need ask. */
static int keep_owner(const struct edit *e, const char *candidate, struct error *err)
{
	struct stat st;

	if (!e->exists || (stat(candidate, &st) == 0 && st.st_uid == e->st.st_uid &&
	                   st.st_gid == e->st.st_gid))
		return 0;
	if (chown(candidate, e->st.st_uid, e->st.st_gid) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot keep the owner of %s",
		                   e->real);
	return chmod(candidate, e->st.st_mode & 07777) == 0 ?
	               0 :
	               error_errno(err, ERROR_CONFIG, "cannot keep the mode of %s",
	                           e->real);
}

static int replace(const struct edit *e, const char *candidate, struct error *err)
{
	mode_t mode = e->exists ? e->st.st_mode & 07777 : 0600;

	if (atomic_write(candidate, e->after.data, e->after.len, mode, err) == -1)
		return -1;
	if (keep_owner(e, candidate, err) == -1 ||
	    check_with_ssh(e, candidate, err) == -1 || keep_backup(e, err) == -1)
		return -1;
	if (!is_unchanged(e))
		return changed_meanwhile(e, err);
	if (rename(candidate, e->real) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot write %s", e->real);
	return 0;
}

int edit_commit(struct edit *e, struct error *err)
{
	char *candidate;
	int rc;

	if (e->exists && e->after.len == e->before.len &&
	    memcmp(e->after.data, e->before.data, e->after.len) == 0)
		return 0;
	if (strcmp(e->real, e->path) == 0 && dirs_make_for(e->path, err) == -1)
		return -1;
	if (check_writable(e, err) == -1)
		return -1;
	candidate = xasprintf("%s.cxssh-%ld", e->real, (long)getpid());
	rc = replace(e, candidate, err);
	if (rc == -1)
		(void)unlink(candidate);
	free(candidate);
	return rc;
}

int edit_delete(struct edit *e, struct error *err)
{
	if (check_writable(e, err) == -1)
		return -1;
	if (!is_unchanged(e))
		return changed_meanwhile(e, err);
	if (unlink(e->real) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot remove %s", e->real);
	return 0;
}
