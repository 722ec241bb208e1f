/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"

/* What fstat says of an open file, and of one of ours, or a sentence why it is none. */
static int check_file(int fd, const char *path, size_t max, bool ours, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(err, ERROR_CONFIG, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG, "%s: not a regular file", path);
	if (ours && st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, ERROR_CONFIG, "%s: belongs to another user", path);
	if (ours && paths_others_write(&st))
		return error_set(err, ERROR_CONFIG,
		                 "%s: others can write it; run: chmod %s %s", path,
		                 (st.st_mode & S_IWOTH) != 0 ? "o-w" : "g-w", path);
	if (st.st_size > (off_t)max)
		return error_set(err, ERROR_CONFIG, "%s: longer than %zu bytes", path,
		                 max);
	return 0;
}

enum reading { OURS, OURS_END, USERS };

static int read_file(const char *path, size_t max, enum reading how,
                     struct strbuf *content, struct error *err)
{
	const bool only_end = how == OURS_END;
	char block[16384];
	size_t total = 0;
	ssize_t n;
	int whole = 1;
	int rc = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return error_errno(err, ERROR_CONFIG, "%s", path);
	if (check_file(fd, path, only_end ? INT64_MAX : max, how != USERS, err) == -1)
		goto out;
	if (only_end && lseek(fd, -(off_t)max, SEEK_END) > 0)
		whole = 2;
	while ((n = read(fd, block, sizeof(block))) > 0) {
		total += (size_t)n;
		if (total > max && only_end)
			break; /* it grows meanwhile */
		if (total > max) {
			error_set(err, ERROR_CONFIG, "%s: longer than %zu bytes", path,
			          max);
			goto out;
		}
		strbuf_add(content, block, (size_t)n);
	}
	if (n == -1) {
		error_errno(err, ERROR_CONFIG, "%s", path);
		goto out;
	}
	rc = whole;
out:
	mem_wipe(block, total < sizeof(block) ? total : sizeof(block));
	(void)close(fd);
	return rc;
}

int atomic_read(const char *path, size_t max, struct strbuf *content, struct error *err)
{
	return read_file(path, max, OURS, content, err);
}

int atomic_read_end(const char *path, size_t max, struct strbuf *content,
                    struct error *err)
{
	return read_file(path, max, OURS_END, content, err);
}

int atomic_read_users(const char *path, size_t max, struct strbuf *content,
                      struct error *err)
{
	return read_file(path, max, USERS, content, err);
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

void atomic_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder =
		slash == NULL ? xstrdup(".") : xstrndup(path, (size_t)(slash - path) + 1);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1) {
		(void)fsync(fd);
		(void)close(fd);
	}
	free(folder);
}

/*
 * A dot in front: nobody who lists the folder takes it for one of its files.  Our
 * name in it: tmpsweep.c knows it again.
 */
static char *name_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	return xasprintf("%.*s.%s.cxssh-XXXXXX", (int)(name - path), path, name);
}

bool tmpfile_is_name(const char *name)
{
	const size_t ending = strlen(".cxssh-XXXXXX");
	size_t len = strlen(name);

	return name[0] == '.' && len > ending + 1 &&
	       strncmp(name + len - ending, ".cxssh-", strlen(".cxssh-")) == 0;
}

/*
 * A new file that is locked, which says that somebody lives who needs it.  Between
 * its making and its locking it looks like a leftover, and may be swept: then there
 * is no name any more, and another file is made.  Where there are no locks, nobody
 * sweeps (tmpsweep.c).
 */
static int make_draft(struct tmpfile *draft, const char *path)
{
	enum { TRIES = 100 };

	for (int i = 0; i < TRIES; i++) {
		struct stat st;
		int saved;

		draft->name = name_beside(path);
		draft->fd = mkostemp(draft->name, O_CLOEXEC);
		if (draft->fd != -1) {
			bool swept = flock(draft->fd, LOCK_EX | LOCK_NB) == -1 &&
			             errno == EWOULDBLOCK;

			if (!swept && fstat(draft->fd, &st) == 0 && st.st_nlink > 0)
				return 0;
			errno = EAGAIN;
		}
		saved = errno;
		tmpfile_release(draft);
		errno = saved;
		if (errno != EAGAIN)
			break;
	}
	return -1;
}

static int make_content(struct tmpfile *draft, const char *path, const void *bytes,
                        size_t len, mode_t mode, bool durable, struct error *err)
{
	if (make_draft(draft, path) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot write %s", path);
	if (write_all(draft->fd, bytes, len) == 0 && fchmod(draft->fd, mode) == 0 &&
	    (!durable || fsync(draft->fd) == 0))
		return 0;
	error_errno(err, ERROR_CONFIG, "cannot write %s", path);
	tmpfile_release(draft);
	return -1;
}

int tmpfile_open(struct tmpfile *draft, const char *path, const void *bytes, size_t len,
                 mode_t mode, struct error *err)
{
	return make_content(draft, path, bytes, len, mode, true, err);
}

void tmpfile_release(struct tmpfile *draft)
{
	if (draft->fd != -1)
		(void)unlink(draft->name);
	tmpfile_close(draft);
}

void tmpfile_close(struct tmpfile *draft)
{
	if (draft->fd != -1)
		(void)close(draft->fd);
	free(draft->name);
	*draft = (struct tmpfile)TMPFILE_INIT;
}

static int place(struct tmpfile *draft, const char *path, bool durable, struct error *err)
{
	if (rename(draft->name, path) == -1) {
		error_errno(err, ERROR_CONFIG, "cannot write %s", path);
		tmpfile_release(draft);
		return -1;
	}
	if (durable)
		atomic_sync_folder(path);
	tmpfile_close(draft);
	return 0;
}

int tmpfile_publish(struct tmpfile *draft, const char *path, struct error *err)
{
	return place(draft, path, true, err);
}

static int replace(const char *path, const void *bytes, size_t len, mode_t mode,
                   bool durable, struct error *err)
{
	struct tmpfile draft = TMPFILE_INIT;

	if (make_content(&draft, path, bytes, len, mode, durable, err) == -1)
		return -1;
	return place(&draft, path, durable, err);
}

int atomic_write(const char *path, const void *bytes, size_t len, mode_t mode,
                 struct error *err)
{
	return replace(path, bytes, len, mode, true, err);
}

/* Is it a file of ours, not a link to one, with this mode and content? */
static bool is_same(const char *path, const void *bytes, size_t len, mode_t mode)
{
	struct strbuf now = STRBUF_SECRET;
	struct error ignored = ERROR_INIT;
	struct stat st;
	bool same = lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	            (st.st_mode & 07777) == mode && st.st_uid == geteuid() &&
	            atomic_read(path, len, &now, &ignored) == 1 && now.len == len &&
	            memcmp(now.data, bytes, len) == 0;

	strbuf_release(&now);
	return same;
}

static int update(const char *path, const void *bytes, size_t len, mode_t mode,
                  bool durable, bool *changed, struct error *err)
{
	bool same = is_same(path, bytes, len, mode);

	if (changed != NULL)
		*changed = !same;
	return same ? 0 : replace(path, bytes, len, mode, durable, err);
}

int atomic_update(const char *path, const void *bytes, size_t len, mode_t mode,
                  bool *changed, struct error *err)
{
	return update(path, bytes, len, mode, true, changed, err);
}

int atomic_update_cache(const char *path, const void *bytes, size_t len, bool *changed,
                        struct error *err)
{
	return update(path, bytes, len, 0600, false, changed, err);
}

/* Mode and group as the file has them.  Where the group cannot be kept, another one
 * may not what the old one might. */
static int keep_group(const struct tmpfile *draft, const struct stat *old,
                      const char *path, struct error *err)
{
	mode_t mode = old->st_mode & 07777;
	struct stat st;

	if (fstat(draft->fd, &st) == 0 && st.st_gid != old->st_gid &&
	    fchown(draft->fd, (uid_t)-1, old->st_gid) == -1)
		mode &= ~(mode_t)070;
	if (fchmod(draft->fd, mode) == -1 || fsync(draft->fd) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot keep the mode of %s", path);
	return 0;
}

/* Is it still the file that st is of, with this content? */
static bool is_still(const char *path, const struct stat *old,
                     const struct strbuf *content)
{
	struct strbuf now = STRBUF_SECRET;
	struct error ignored = ERROR_INIT;
	struct stat st;
	bool still = lstat(path, &st) == 0 && st.st_dev == old->st_dev &&
	             st.st_ino == old->st_ino &&
	             atomic_read(path, content->len, &now, &ignored) == 1 &&
	             now.len == content->len &&
	             memcmp(now.data, content->data, now.len) == 0;

	strbuf_release(&now);
	return still;
}

/* Files that a package manager or a dotfile tool keeps are read-only on purpose. */
static int check_changeable(const char *path, const struct stat *st, struct error *err)
{
	if ((st->st_mode & S_IWUSR) == 0 || access(path, W_OK) == -1)
		return error_set(err, ERROR_CONFIG, "%s is read-only", path);
	if (st->st_nlink > 1)
		return error_set(err, ERROR_CONFIG,
		                 "%s has another name (a hard link), which would keep "
		                 "the old content",
		                 path);
	return 0;
}

/* before may be NULL: then what is there does not matter. */
static int replace_users(const char *path, const struct stat *st,
                         const struct strbuf *before, const void *bytes, size_t len,
                         struct error *err)
{
	struct tmpfile draft = TMPFILE_INIT;
	int rc = before == NULL ? 0 : check_changeable(path, st, err);

	if (rc == 0)
		rc = tmpfile_open(&draft, path, bytes, len, 0600, err);
	if (rc == 0)
		rc = keep_group(&draft, st, path, err);
	if (rc == 0 && before != NULL && !is_still(path, st, before))
		rc = error_set(err, ERROR_RETRY,
		               "%s was changed by somebody else just now", path);
	if (rc == 0)
		return tmpfile_publish(&draft, path, err);
	tmpfile_release(&draft);
	return -1;
}

static int update_users(const char *path, const struct strbuf *before, const void *bytes,
                        size_t len, mode_t mode, struct error *err)
{
	struct stat st;
	char *real;
	int rc;

	if (lstat(path, &st) == -1 && errno == ENOENT)
		return atomic_update(path, bytes, len, mode, NULL, err);
	/* Where it cannot be said, nothing is put in the place of a link. */
	real = realpath(path, NULL);
	if (real == NULL || stat(real, &st) == -1)
		rc = error_errno(err, ERROR_CONFIG, "cannot write %s", path);
	else if (is_same(real, bytes, len, st.st_mode & 07777))
		rc = 0;
	else
		rc = replace_users(real, &st, before, bytes, len, err);
	free(real);
	return rc;
}

int atomic_update_users(const char *path, const void *bytes, size_t len, mode_t mode,
                        struct error *err)
{
	return update_users(path, NULL, bytes, len, mode, err);
}

int atomic_change_users(const char *path, const struct strbuf *before,
                        const struct strbuf *after, mode_t mode, struct error *err)
{
	return update_users(path, before, after->data, after->len, mode, err);
}
