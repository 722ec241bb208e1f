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

enum {
	TOGETHER_MS = 1000,
	ALONE = 3, /* so many logins at once sshd takes, by its default of 10 */
};

static int open_mark(const char *path)
{
	return open(path,
	            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	            0600);
}

/* The mark has a byte for each of the first connections since the last pause. */
static bool count(int mark)
{
	struct stat st;
	int64_t ago;

	if (fstat(mark, &st) == -1)
		return false;
	ago = deadline_wall_ms() - fd_mtime_ns(&st) / 1000000;
	if ((ago < 0 || ago >= TOGETHER_MS) && st.st_size > 0) {
		if (ftruncate(mark, 0) == -1)
			return false;
		st.st_size = 0;
	}
	if (st.st_size < ALONE)
		return write(mark, "", 1) == -1; /* a full disk: better too careful */
	(void)futimens(mark, NULL);
	return true;
}

bool crowd_join(const char *uid, uint16_t port)
{
	struct error ignored = ERROR_INIT;
	char *path = paths_cache("recent/%s:%u", uid, port);
	int mark = open_mark(path);
	bool crowded;

	if (mark == -1 && errno == ENOENT && paths_make_for(path, &ignored) == 0)
		mark = open_mark(path);
	free(path);
	crowded = mark != -1 && count(mark);
	fd_close(&mark);
	return crowded;
}
