#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/error.h"
#include "base/lock.h"

/*
 * Who holds the lock on this file, or 0 where nobody can say.  Linux tells, a line a
 * lock: "1: FLOCK  ADVISORY  WRITE 1234 fd:00:5678 0 EOF", with "->" behind the number
 * for one who waits.
 */
static long holder(int fd)
{
	FILE *locks = fopen("/proc/locks", "re");
	struct stat st;
	char line[200];
	long found = 0;

	if (locks == NULL)
		return 0;
	while (found == 0 && fstat(fd, &st) == 0 &&
	       fgets(line, sizeof(line), locks) != NULL) {
		uintmax_t inode;
		long pid;

		if (sscanf(line, "%*s FLOCK ADVISORY WRITE %ld %*[^:]:%*[^:]:%ju", &pid,
		           &inode) == 2 &&
		    inode == (uintmax_t)st.st_ino && pid > 0)
			found = pid;
	}
	(void)fclose(locks);
	/* Its maker may have ended, and left the descriptor to a child. */
	return found > 0 && kill((pid_t)found, 0) == 0 ? found : 0;
}

/* Says who is in the way, and how to look at him. */
static int waited_too_long(const char *path, int fd, struct error *err)
{
	long pid = holder(fd);

	if (pid == 0)
		return error_set(err, ERROR_RETRY,
		                 "another cxssh was at work too long (%s)", path);
	error_set(err, ERROR_RETRY,
	          "another cxssh was at work too long (process %ld has %s)", pid, path);
	return error_hint(err, "ps -fp %ld", pid);
}

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
			waited_too_long(path, fd, err);
			(void)close(fd);
			return -1;
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
