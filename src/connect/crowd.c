/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "connect/crowd.h"
#include "runtime/paths.h"

enum { TOGETHER_MS = 1000 };

static int open_mark(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* The modification time of path in ms; 0 when there is none. */
static int64_t time_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == -1 ? 0 : fd_mtime_ns(&st) / 1000000;
}

static void make_mark(const char *path)
{
	struct error ignored = ERROR_INIT;
	int fd = open_mark(path);

	if (fd == -1 && errno == ENOENT && paths_make_for(path, &ignored) == 0)
		fd = open_mark(path);
	if (fd != -1)
		(void)close(fd);
}

bool crowd_join(const char *uid, uint16_t port)
{
	char *path = paths_cache("recent/%s:%u", uid, port);
	int64_t last = time_of(path);
	int64_t ago = deadline_wall_ms() - last;

	if (utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) == -1 && errno == ENOENT)
		make_mark(path);
	free(path);
	return ago >= 0 && ago < TOGETHER_MS;
}
