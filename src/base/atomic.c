#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* What fstat says of an open file of ours, or a sentence why it is none. */
static int check_file(int fd, const char *path, size_t max, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(err, ERROR_CONFIG, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG, "%s: not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, ERROR_CONFIG, "%s: belongs to another user", path);
	if ((st.st_mode & S_IWOTH) != 0)
		return error_set(err, ERROR_CONFIG, "%s: others can write it; run: chmod o-w %s",
		                 path, path);
	if (st.st_size > (off_t)max)
		return error_set(err, ERROR_CONFIG, "%s: longer than %zu bytes", path, max);
	return 0;
}

int atomic_read(const char *path, size_t max, struct strbuf *content, struct error *err)
{
	char block[16384];
	size_t total = 0;
	ssize_t n;
	int rc = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return error_errno(err, ERROR_CONFIG, "%s", path);
	if (check_file(fd, path, max, err) == -1)
		goto out;
	while ((n = read(fd, block, sizeof(block))) > 0) {
		total += (size_t)n;
		if (total > max) {
			error_set(err, ERROR_CONFIG, "%s: longer than %zu bytes", path, max);
			goto out;
		}
		strbuf_add(content, block, (size_t)n);
	}
	if (n == -1) {
		error_errno(err, ERROR_CONFIG, "%s", path);
		goto out;
	}
	rc = 1;
out:
	mem_wipe(block, total < sizeof(block) ? total : sizeof(block));
	(void)close(fd);
	return rc;
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

/* So that the rename itself survives a power cut; not every file system can. */
static void sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? xstrdup(".") : xstrndup(path, (size_t)(slash - path) + 1);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1) {
		(void)fsync(fd);
		(void)close(fd);
	}
	free(folder);
}

/* A dot in front: nobody who lists the folder takes it for one of its files. */
static char *name_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	return xasprintf("%.*s.%s.XXXXXX", (int)(name - path), path, name);
}

static int replace(const char *path, const void *bytes, size_t len, mode_t mode,
                   bool durable, struct error *err)
{
	char *temp = name_beside(path);
	int fd = mkostemp(temp, O_CLOEXEC);
	int rc = -1;

	if (fd == -1) {
		error_errno(err, ERROR_CONFIG, "cannot write %s", path);
		free(temp);
		return -1;
	}
	if (write_all(fd, bytes, len) == -1 || fchmod(fd, mode) == -1 ||
	    (durable && fsync(fd) == -1) || rename(temp, path) == -1) {
		error_errno(err, ERROR_CONFIG, "cannot write %s", path);
		(void)unlink(temp);
		goto out;
	}
	if (durable)
		sync_folder_of(path);
	rc = 0;
out:
	(void)close(fd);
	free(temp);
	return rc;
}

int atomic_write(const char *path, const void *bytes, size_t len, mode_t mode,
                 struct error *err)
{
	return replace(path, bytes, len, mode, true, err);
}

static int update(const char *path, const void *bytes, size_t len, mode_t mode,
                  bool durable, bool *changed, struct error *err)
{
	struct strbuf now = STRBUF_SECRET;
	struct error ignored = ERROR_INIT;
	bool same = atomic_read(path, len, &now, &ignored) == 1 && now.len == len &&
	            memcmp(now.data, bytes, len) == 0;

	strbuf_release(&now);
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
