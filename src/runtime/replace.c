/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"
#include "runtime/renameswap.h"
#include "runtime/replace.h"
#include "runtime/xattr.h"

enum { LINKS_MAX = 40 };

char *replace_resolve(const char *path, struct error *err)
{
	char *at = xstrdup(path);
	char link[PATH_MAX];

	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n = readlink(at, link, sizeof(link) - 1);
		char *next;

		if (n == -1)
			return at; /* no link, or nothing there */
		link[n] = '\0';
		next = link[0] == '/' ?
		               xstrdup(link) :
		               xasprintf("%.*s%s", (int)(paths_name(at) - at), at, link);
		free(at);
		at = next;
	}
	free(at);
	error_set(err, ERROR_CONFIG, "%s: its symbolic links lead nowhere", path);
	return NULL;
}

int replace_begin(struct replace *r, const char *path, size_t max, struct error *err)
{
	int rc;

	r->path = xstrdup(path);
	r->real = replace_resolve(path, err);
	if (r->real == NULL)
		return -1;
	rc = atomic_read(r->real, max, &r->before, err);
	r->exists = rc == 1;
	if (r->exists && stat(r->real, &r->st) == -1)
		return error_errno(err, ERROR_CONFIG, "%s", r->real);
	return rc == -1 ? -1 : 0;
}

void replace_release(struct replace *r)
{
	strbuf_release(&r->before);
	free(r->path);
	free(r->real);
	*r = (struct replace)REPLACE_INIT;
}

/* Package managers and dotfile tools make a file read-only on purpose. */
static int check_writable(const struct replace *r, struct error *err)
{
	char *folder = paths_folder(r->real);
	int rc = 0;

	if (r->exists && ((r->st.st_mode & S_IWUSR) == 0 || access(r->real, W_OK) == -1))
		rc = error_set(err, ERROR_CONFIG, "%s is read-only", r->real);
	else if (access(folder, F_OK) == -1)
		rc = error_set(err, ERROR_CONFIG,
		               "%s leads to %s, and there is no such folder", r->path,
		               folder);
	else if (access(folder, W_OK) == -1)
		rc = error_set(err, ERROR_CONFIG, "the folder %s is read-only", folder);
	else if (r->exists && r->st.st_uid != geteuid() && geteuid() != 0)
		rc = error_set(err, ERROR_CONFIG, "%s belongs to another user", r->real);
	else if (r->exists && r->st.st_nlink > 1)
		rc = error_set(err, ERROR_CONFIG,
		               "%s has another name (a hard link), which would keep the "
		               "old content",
		               r->real);
	free(folder);
	return rc;
}

/* Is path the file that was read, not a link to it, with the same content and mode? */
static bool is_what_was_read(const struct replace *r, const char *path)
{
	struct strbuf now = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	struct stat st;
	bool same = lstat(path, &st) == 0 && st.st_dev == r->st.st_dev &&
	            st.st_ino == r->st.st_ino && st.st_mode == r->st.st_mode &&
	            atomic_read(path, r->before.len, &now, &ignored) == 1 &&
	            now.len == r->before.len &&
	            memcmp(now.data, r->before.data, now.len) == 0;

	strbuf_release(&now);
	return same;
}

static int changed_meanwhile(struct replace *r, struct error *err)
{
	r->crossed = true;
	return error_set(err, ERROR_RETRY, "%s was changed by another program just now",
	                 r->path);
}

/* Owner, ACL and extended attributes first; then the mode, which fchown(2) cuts and of
 * which an ACL is a part. */
static int keep_attributes(const struct replace *r, const struct tmpfile *tmp,
                           struct error *err)
{
	struct stat st;

	if (!r->exists)
		return 0;
	if (fstat(tmp->fd, &st) == -1 ||
	    ((st.st_uid != r->st.st_uid || st.st_gid != r->st.st_gid) &&
	     fchown(tmp->fd, r->st.st_uid, r->st.st_gid) == -1))
		return error_errno(err, ERROR_CONFIG, "cannot keep the owner of %s",
		                   r->real);
	if (xattr_copy(r->real, tmp->fd) == -1)
		return error_errno(err, ERROR_CONFIG,
		                   "cannot keep the ACL and the attributes of %s",
		                   r->real);
	if (fchmod(tmp->fd, r->st.st_mode & 07777) == -1 || fsync(tmp->fd) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot keep the mode of %s",
		                   r->real);
	return 0;
}

int replace_draft(const struct replace *r, const void *bytes, size_t len,
                  struct tmpfile *tmp, struct error *err)
{
	if (check_writable(r, err) == -1 ||
	    tmpfile_open(tmp, r->real, bytes, len, err) == -1)
		return -1;
	return keep_attributes(r, tmp, err);
}

/* There was no file, and must be none now. */
static int place_new(struct replace *r, struct tmpfile *tmp, struct error *err)
{
	struct stat st;

	if (link(tmp->name, r->real) == 0) {
		atomic_sync_folder(r->real);
		return 0;
	}
	if (errno == EEXIST || lstat(r->real, &st) == 0)
		return changed_meanwhile(r, err);
	return tmpfile_publish(tmp, r->real, err); /* no hard links there */
}

/* The change of the other program is in the temporary file: do not remove it. */
static int leave_both(const struct replace *r, struct tmpfile *tmp, struct error *err)
{
	error_errno(err, ERROR_CONFIG,
	            "cannot write %s; what another program wrote is in %s", r->path,
	            tmp->name);
	tmpfile_close(tmp);
	return -1;
}

/* False also where the system has no such call: then the write finds out. */
static bool lacks_space(int fd, size_t len)
{
#ifdef __APPLE__
	(void)fd;
	(void)len;
	return false;
#else
	return posix_fallocate(fd, 0, (off_t)len) == ENOSPC;
#endif
}

/*
 * A bind mount cannot be renamed: write the content into the file itself.  Until it is
 * whole, the temporary file has it as well; a process that is killed leaves that one.
 */
static int write_in_place(struct replace *r, struct tmpfile *tmp, const void *bytes,
                          size_t len, struct error *err)
{
	int fd = open(r->real, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	int rc = -1;

	if (fd == -1)
		return error_errno(err, ERROR_CONFIG, "cannot write %s", r->real);
	if (len > r->before.len && lacks_space(fd, len)) {
		errno = ENOSPC;
		error_errno(err, ERROR_CONFIG, "cannot write %s", r->real);
	} else if (atomic_overwrite(fd, bytes, len) == 0) {
		rc = 0;
	} else {
		error_errno(err, ERROR_CONFIG, "cannot write %s", r->real);
		if (atomic_overwrite(fd, r->before.data, r->before.len) == -1) {
			error_prefix(err, "its new content is in %s", tmp->name);
			tmpfile_close(tmp);
		}
	}
	(void)close(fd);
	return rc;
}

/* The same with what the temporary file holds. */
static int copy_in_place(struct replace *r, struct tmpfile *tmp, struct error *err)
{
	struct strbuf new = STRBUF_INIT;
	int rc = atomic_read(tmp->name, SIZE_MAX / 4, &new, err);

	if (rc != -1)
		rc = write_in_place(r, tmp, new.data, new.len, err);
	strbuf_release(&new);
	return rc;
}

/*
 * Exchange old and new file, then check the old one, which no program finds by its name
 * any more.  It then has the name of a temporary file: a lock keeps tmpsweep.h off it.
 */
static int place_over(struct replace *r, struct tmpfile *tmp, struct error *err)
{
	int old = open(r->real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc = -1;

	if (old != -1)
		(void)flock(old, LOCK_SH | LOCK_NB);
	if (!is_what_was_read(r, r->real)) {
		changed_meanwhile(r, err);
	} else if (rename_exchange(tmp->name, r->real) == 0) {
		if (is_what_was_read(r, tmp->name))
			rc = 0;
		else if (rename_exchange(tmp->name, r->real) == 0)
			changed_meanwhile(r, err);
		else
			rc = leave_both(r, tmp, err);
		atomic_sync_folder(r->real);
	} else if (errno == EBUSY || errno == EXDEV) {
		rc = copy_in_place(r, tmp, err);
	} else if (rename_exchange_is_missing(errno)) {
		rc = tmpfile_publish(tmp, r->real, err);
	} else {
		error_errno(err, ERROR_CONFIG, "cannot write %s", r->real);
	}
	if (old != -1)
		(void)close(old);
	return rc;
}

int replace_commit(struct replace *r, struct tmpfile *tmp, struct error *err)
{
	int rc = r->exists ? place_over(r, tmp, err) : place_new(r, tmp, err);

	tmpfile_release(tmp);
	return rc;
}

int replace_content(struct replace *r, const void *bytes, size_t len, struct error *err)
{
	struct tmpfile tmp = TMPFILE_INIT;

	if (r->exists && len == r->before.len && memcmp(bytes, r->before.data, len) == 0)
		return 0;
	if (replace_draft(r, bytes, len, &tmp, err) == 0)
		return replace_commit(r, &tmp, err);
	tmpfile_release(&tmp);
	return -1;
}

/* Rename the file back unless there is a new one. */
static void put_back(const struct replace *r, const char *name)
{
	struct stat st;

	if (link(name, r->real) == 0)
		(void)unlink(name);
	else if (errno != EEXIST && lstat(r->real, &st) == -1)
		(void)rename(name, r->real); /* no hard links there */
}

/* Rename it to a temporary name first, and check it there. */
int replace_delete(struct replace *r, struct error *err)
{
	struct tmpfile tmp = TMPFILE_INIT;
	int rc = -1;

	if (check_writable(r, err) == -1)
		return -1;
	if (!is_what_was_read(r, r->real))
		return changed_meanwhile(r, err);
	if (tmpfile_open(&tmp, r->real, "", 0, err) == -1)
		return -1;
	if (rename(r->real, tmp.name) == -1) {
		if (errno == EBUSY || errno == EXDEV)
			rc = write_in_place(r, &tmp, "", 0, err);
		else
			error_errno(err, ERROR_CONFIG, "cannot remove %s", r->real);
	} else if (is_what_was_read(r, tmp.name)) {
		rc = 0;
	} else {
		put_back(r, tmp.name);
		changed_meanwhile(r, err);
	}
	atomic_sync_folder(r->real);
	if (rc == 0 || !r->crossed)
		tmpfile_release(&tmp);
	tmpfile_close(&tmp);
	return rc;
}
