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

/* Check type and size, and for a private file owner and mode. */
static int check_file(int fd, const char *path, size_t max, bool private, off_t *size,
                      struct error *err)
{
	struct stat st;

	*size = 0;
	if (fstat(fd, &st) == -1)
		return error_errno(err, ERROR_CONFIG, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG, "%s: not a regular file", path);
	if (private && st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, ERROR_CONFIG, "%s: belongs to another user", path);
	if (private && paths_others_write(&st))
		return error_set(err, ERROR_CONFIG,
		                 "%s: others can write it; run: chmod %s %s", path,
		                 (st.st_mode & S_IWOTH) != 0 ? "o-w" : "g-w", path);
	if (st.st_size > (off_t)max)
		return error_set(err, ERROR_CONFIG, "%s: longer than %zu bytes", path,
		                 max);
	*size = st.st_size;
	return 0;
}

enum reading { PRIVATE, PRIVATE_END, USERS };

static int read_file(const char *path, size_t max, enum reading how,
                     struct strbuf *content, struct error *err)
{
	const bool only_end = how == PRIVATE_END;
	char block[16384];
	size_t total = 0;
	ssize_t n;
	off_t size;
	int whole = 1;
	int rc = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return error_errno(err, ERROR_CONFIG, "%s", path);
	if (check_file(fd, path, only_end ? INT64_MAX : max, how != USERS, &size, err) ==
	    -1)
		goto out;
	strbuf_reserve(content, (size_t)size < max ? (size_t)size + 1 : max);
	if (only_end && lseek(fd, -(off_t)max, SEEK_END) > 0)
		whole = 2;
	while ((n = read(fd, block, sizeof(block))) > 0) {
		total += (size_t)n;
		if (total > max && only_end)
			break; /* the file grows meanwhile */
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
	return read_file(path, max, PRIVATE, content, err);
}

int atomic_read_end(const char *path, size_t max, struct strbuf *content,
                    struct error *err)
{
	return read_file(path, max, PRIVATE_END, content, err);
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

int atomic_overwrite(int fd, const void *bytes, size_t len)
{
	return lseek(fd, 0, SEEK_SET) == -1 || write_all(fd, bytes, len) == -1 ||
	                       ftruncate(fd, (off_t)len) == -1 || fsync(fd) == -1 ?
	               -1 :
	               0;
}

void atomic_sync_folder(const char *path)
{
	char *folder = paths_folder(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1) {
		(void)fsync(fd);
		(void)close(fd);
	}
	free(folder);
}

/* A dot in front hides it from programs that list the folder; "cxssh" is for tmpsweep.c.
 */
static char *name_beside(const char *path)
{
	const char *name = paths_name(path);

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
 * Make a file and lock it.  Until it is locked, another process may take it for an
 * abandoned one and remove it (tmpsweep.c): then make another.  Where flock(2) does not
 * work, tmpsweep.c removes nothing.
 */
static int make_locked(struct tmpfile *tmp, const char *path)
{
	enum { TRIES = 100 };

	for (int i = 0; i < TRIES; i++) {
		struct stat st;
		int saved;

		tmp->name = name_beside(path);
		tmp->fd = mkostemp(tmp->name, O_CLOEXEC);
		if (tmp->fd != -1) {
			bool swept = flock(tmp->fd, LOCK_EX | LOCK_NB) == -1 &&
			             errno == EWOULDBLOCK;

			if (!swept && fstat(tmp->fd, &st) == 0 && st.st_nlink > 0)
				return 0;
			errno = EAGAIN;
		}
		saved = errno;
		tmpfile_release(tmp);
		errno = saved;
		if (errno != EAGAIN)
			break;
	}
	return -1;
}

/* What a file is to be. */
struct content {
	const void *bytes;
	size_t len;
	mode_t mode;
	bool durable; /* fsync(2) */
};

static int make_content(struct tmpfile *tmp, const char *path,
                        const struct content *content, struct error *err)
{
	if (make_locked(tmp, path) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot write %s", path);
	if (write_all(tmp->fd, content->bytes, content->len) == 0 &&
	    fchmod(tmp->fd, content->mode) == 0 &&
	    (!content->durable || fsync(tmp->fd) == 0))
		return 0;
	error_errno(err, ERROR_CONFIG, "cannot write %s", path);
	tmpfile_release(tmp);
	return -1;
}

int tmpfile_open(struct tmpfile *tmp, const char *path, const void *bytes, size_t len,
                 struct error *err)
{
	return make_content(tmp, path, &(struct content){ bytes, len, 0600, true }, err);
}

void tmpfile_release(struct tmpfile *tmp)
{
	if (tmp->fd != -1)
		(void)unlink(tmp->name);
	tmpfile_close(tmp);
}

void tmpfile_close(struct tmpfile *tmp)
{
	if (tmp->fd != -1)
		(void)close(tmp->fd);
	free(tmp->name);
	*tmp = (struct tmpfile)TMPFILE_INIT;
}

/* The content and the mode of the temporary file, into the file itself. */
static int copy_in_place(const struct tmpfile *tmp, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct strbuf content = STRBUF_SECRET;
	struct error ignored = ERROR_INIT;
	struct stat st;
	int rc = -1;

	if (fd == -1)
		return -1;
	if (atomic_read(tmp->name, SIZE_MAX / 4, &content, &ignored) == 1 &&
	    fstat(tmp->fd, &st) == 0 && fchmod(fd, st.st_mode & 07777) == 0)
		rc = atomic_overwrite(fd, content.data, content.len);
	strbuf_release(&content);
	(void)close(fd);
	return rc;
}

/*
 * A bind mount cannot be renamed: the file itself is written.  Until it is whole, the
 * temporary file has the content as well, and it stays after a failure.
 */
static int place_in_mount(struct tmpfile *tmp, const char *path, struct error *err)
{
	if (copy_in_place(tmp, path) == 0) {
		tmpfile_release(tmp);
		return 0;
	}
	error_errno(err, ERROR_CONFIG, "its new content is in %s: cannot write %s",
	            tmp->name, path);
	tmpfile_close(tmp);
	return -1;
}

static int place(struct tmpfile *tmp, const char *path, bool durable, struct error *err)
{
	if (rename(tmp->name, path) == -1) {
		if (errno == EBUSY)
			return place_in_mount(tmp, path, err);
		error_errno(err, ERROR_CONFIG, "cannot write %s", path);
		tmpfile_release(tmp);
		return -1;
	}
	if (durable)
		atomic_sync_folder(path);
	tmpfile_close(tmp);
	return 0;
}

int tmpfile_publish(struct tmpfile *tmp, const char *path, struct error *err)
{
	return place(tmp, path, true, err);
}

static int replace(const char *path, const struct content *content, struct error *err)
{
	struct tmpfile tmp = TMPFILE_INIT;

	if (make_content(&tmp, path, content, err) == -1)
		return -1;
	return place(&tmp, path, content->durable, err);
}

int atomic_write(const char *path, const void *bytes, size_t len, mode_t mode,
                 struct error *err)
{
	return replace(path, &(struct content){ bytes, len, mode, true }, err);
}

bool atomic_is(const char *path, const void *bytes, size_t len, mode_t mode)
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

static int update(const char *path, const struct content *content, bool *changed,
                  struct error *err)
{
	bool same = atomic_is(path, content->bytes, content->len, content->mode);

	if (changed != NULL)
		*changed = !same;
	return same ? 0 : replace(path, content, err);
}

int atomic_update(const char *path, const void *bytes, size_t len, mode_t mode,
                  bool *changed, struct error *err)
{
	return update(path, &(struct content){ bytes, len, mode, true }, changed, err);
}

int atomic_update_cache(const char *path, const void *bytes, size_t len, bool *changed,
                        struct error *err)
{
	return update(path, &(struct content){ bytes, len, 0600, false }, changed, err);
}

/* Keep mode and group of the old file.  If the group cannot be kept, the new one gets no
 * rights. */
static int keep_group(const struct tmpfile *tmp, const struct stat *old, const char *path,
                      struct error *err)
{
	mode_t mode = old->st_mode & 07777;
	struct stat st;

	if (fstat(tmp->fd, &st) == 0 && st.st_gid != old->st_gid &&
	    fchown(tmp->fd, (uid_t)-1, old->st_gid) == -1)
		mode &= ~(mode_t)070;
	if (fchmod(tmp->fd, mode) == -1 || fsync(tmp->fd) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot keep the mode of %s", path);
	return 0;
}

static int replace_users(const char *path, const struct stat *st, const void *bytes,
                         size_t len, struct error *err)
{
	struct tmpfile tmp = TMPFILE_INIT;

	if (tmpfile_open(&tmp, path, bytes, len, err) == 0 &&
	    keep_group(&tmp, st, path, err) == 0)
		return tmpfile_publish(&tmp, path, err);
	tmpfile_release(&tmp);
	return -1;
}

int atomic_update_users(const char *path, const void *bytes, size_t len,
                        struct error *err)
{
	struct stat st;
	char *real;
	int rc;

	if (lstat(path, &st) == -1 && errno == ENOENT)
		return atomic_update(path, bytes, len, 0600, NULL, err);
	/* Never replace a link whose end cannot be found. */
	real = realpath(path, NULL);
	if (real == NULL || stat(real, &st) == -1)
		rc = error_errno(err, ERROR_CONFIG, "cannot write %s", path);
	else if (atomic_is(real, bytes, len, st.st_mode & 07777))
		rc = 0;
	else
		rc = replace_users(real, &st, bytes, len, err);
	free(real);
	return rc;
}
