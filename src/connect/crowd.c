/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "connect/crowd.h"
#include "runtime/paths.h"

enum {
	TOGETHER_MS = 1000,
	ALONE = 3,       /* so many logins at once sshd takes, by its default of 10 */
	MARK_MAX = 4096, /* bytes; then it begins anew */
};

static int open_mark(const char *path)
{
	return open(path,
	            O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	            0600);
}

/* The mark has the time of each connection.  No lock is taken: a process that is slow to
 * join cannot take away what others have added, but by the rare new begin. */
static void add(int mark)
{
	int64_t now = deadline_wall_ms();
	struct stat st;

	if (fstat(mark, &st) == 0 &&
	    (st.st_size >= MARK_MAX || st.st_size % (off_t)sizeof(now) != 0))
		(void)!ftruncate(mark, 0);
	(void)!write(mark, &now, sizeof(now));
}

int crowd_join(const char *uid, uint16_t port)
{
	struct error ignored = ERROR_INIT;
	char *path = paths_cache("recent/%s:%u", uid, port);
	int mark = open_mark(path);

	if (mark == -1 && errno == ENOENT && paths_make_for(path, &ignored) == 0)
		mark = open_mark(path);
	free(path);
	if (mark != -1)
		add(mark);
	return mark;
}

bool crowd_is_there(int mark)
{
	int64_t last[ALONE + 1];
	struct stat st;

	if (mark == -1 || fstat(mark, &st) == -1)
		return false;
	if (st.st_size == 0) /* a full disk: better too careful */
		return S_ISREG(st.st_mode);
	if (st.st_size < (off_t)sizeof(last) ||
	    pread(mark, last, sizeof(last), st.st_size - (off_t)sizeof(last)) !=
	            (ssize_t)sizeof(last))
		return false;
	for (size_t i = 0; i < ALONE; i++) {
		int64_t gap = last[i + 1] - last[i];

		if (gap <= -TOGETHER_MS || gap >= TOGETHER_MS)
			return false;
	}
	return true;
}
