#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/error.h"
#include "base/lock.h"

/*
 * flock() has no time limit, and a signal to end it would be a process-wide
 * affair; waiting in growing steps up to 50 ms costs little and needs neither.
 */
int lock_take(const char *path, struct deadline until, struct error *err)
{
	int64_t step = 1;
	int fd;

	if (dirs_make_for(path, err) == -1)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return error_errno(err, ERROR_CONFIG, "%s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			error_errno(err, ERROR_CONFIG, "%s", path);
			(void)close(fd);
			return -1;
		}
		if (deadline_passed(until)) {
			(void)close(fd);
			return error_set(err, ERROR_RETRY,
			                 "another cxssh was at work too long (%s)", path);
		}
		deadline_sleep(until, step);
		step = step < 25 ? step * 2 : 50;
	}
	return fd;
}

void lock_release(int fd)
{
	if (fd != -1)
		(void)close(fd);
}
