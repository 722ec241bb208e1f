/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/parse.h"
#include "connect/crowd.h"
#include "runtime/paths.h"

enum { TOGETHER_MS = 1000, USER_SIZE = 11 };

static int open_mark(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

/* The mark of the server, made where it was not; -1: it cannot be. */
static int make_mark(const char *uid, uint16_t port)
{
	struct error ignored = ERROR_INIT;
	char *path = paths_cache("recent/%s:%u", uid, port);
	int fd = open_mark(path);

	if (fd == -1 && errno == ENOENT && paths_make_for(path, &ignored) == 0)
		fd = open_mark(path);
	free(path);
	return fd;
}

/* Does the process of the mark's text run?  Of another user it counts as one that does,
 * and so does a text that names none. */
static bool is_in_use(int fd)
{
	char text[USER_SIZE + 1] = "";
	int64_t pid = 0;
	struct error ignored = ERROR_INIT;
	ssize_t n = pread(fd, text, USER_SIZE, 0);

	text[n > 0 ? strcspn(text, " ") : 0] = '\0';
	return parse_int(text, 1, INT32_MAX, &pid, &ignored) == -1 ||
	       kill((pid_t)pid, 0) == 0 || errno != ESRCH;
}

/* Always as many bytes: the text is never cut off, and the time is that of now. */
static void write_mark(int fd, pid_t user)
{
	char text[USER_SIZE + 1];

	(void)snprintf(text, sizeof(text), "%-*d", USER_SIZE, (int)user);
	(void)!pwrite(fd, text, USER_SIZE, 0);
}

bool crowd_join(const char *uid, uint16_t port, pid_t user)
{
	int fd = make_mark(uid, port);
	struct stat st;
	int64_t ago;
	bool crowded;

	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		fd_close(&fd);
		return false;
	}
	ago = deadline_wall_ms() - fd_mtime_ns(&st) / 1000000;
	crowded = st.st_size > 0 && ago >= 0 && ago < TOGETHER_MS && is_in_use(fd);
	write_mark(fd, user);
	fd_close(&fd);
	return crowded;
}
