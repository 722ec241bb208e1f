/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/waiting.h"

/*
 * The process that holds the lock on this file, or 0 if the system does not say.  Linux
 * has one line for each lock: "1: FLOCK  ADVISORY  WRITE 1234 fd:00:5678 0 EOF", with
 * "->" after the number for a process that waits.
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
	/* The process that took it may have ended and left the descriptor to a child. */
	return found > 0 && kill((pid_t)found, 0) == 0 ? found : 0;
}

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

/* lock_sweep() may have removed the file between open() and flock(). */
static bool is_swept(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/* Does this errno say that the file system has no such locks?  ENOLCK: NFS without its
 * lock service. */
static bool is_unsupported(int number)
{
	return number == ENOLCK || number == ENOSYS || number == EOPNOTSUPP ||
	       number == EINVAL;
}

/*
 * By flock(2); where a file system lacks that, by a lock of fcntl(2) on the open file;
 * where it lacks both, not at all.  Every process tries in this order, so two of them
 * meet at the same kind.  0, or -1 with EWOULDBLOCK while another process has the lock.
 */
static int try_lock(int fd)
{
#ifdef F_OFD_SETLK
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
#endif
	int rc = flock(fd, LOCK_EX | LOCK_NB);

	if (rc == 0 || !is_unsupported(errno))
		return rc;
#ifdef F_OFD_SETLK
	rc = fcntl(fd, F_OFD_SETLK, &all);
	if (rc == -1 && errno == EACCES)
		errno = EWOULDBLOCK;
	if (rc == 0 || !is_unsupported(errno))
		return rc;
#endif
	log_warning("this file system has no locks; do not run cxssh sync twice at once");
	return 0;
}

/*
 * flock() has no timeout, and a signal to interrupt it would concern the whole process;
 * trying again in growing steps up to 50 ms needs neither.
 */
static int wait_for(int fd, const char *path, struct deadline until, struct error *err)
{
	int64_t step = 1;
	bool waited = false;
	int rc = 0;

	while (rc == 0 && try_lock(fd) == -1) {
		if (errno != EWOULDBLOCK && errno != EAGAIN && errno != EINTR) {
			rc = error_errno(err, ERROR_CONFIG, "%s", path);
		} else if (deadline_passed(until)) {
			rc = waited_too_long(path, fd, err);
		} else {
			waiting_for("waiting for another cxssh");
			waiting_tick();
			waited = true;
			deadline_sleep(until, step);
			step = step < 25 ? step * 2 : 50;
		}
	}
	if (waited)
		waiting_end();
	return rc;
}

int lock_take(const char *path, struct deadline until, struct error *err)
{
	if (paths_make_for(path, err) == -1)
		return -1;
	for (;;) {
		int fd =
			open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		             0600);

		if (fd == -1)
			return error_errno(err, ERROR_CONFIG, "%s", path);
		if (wait_for(fd, path, until, err) == -1) {
			(void)close(fd);
			return -1;
		}
		if (!is_swept(fd))
			return fd;
		(void)close(fd);
	}
}

/* Could the file be made in its folder, or that in the one above it? */
static bool can_be_made(const char *path)
{
	char *folder = xstrdup(path);
	char *slash;
	bool can = true;

	while ((slash = strrchr(folder, '/')) != NULL && slash != folder) {
		*slash = '\0';
		can = access(folder, W_OK) == 0;
		if (can || errno != ENOENT)
			break;
	}
	free(folder);
	return can;
}

int lock_take_to_read(const char *path, struct deadline until, struct error *err)
{
	int fd = lock_take(path, until, err);

	if (fd != -1 || err->code != ERROR_CONFIG || can_be_made(path))
		return fd;
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		*err = (struct error)ERROR_INIT;
	return fd;
}

void lock_release(int fd)
{
	if (fd != -1)
		(void)close(fd);
}

static void sweep_file(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd == -1)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && !is_swept(fd))
		(void)unlinkat(folder, name, 0);
	(void)close(fd);
}

void lock_sweep(const char *folder, const char *ending)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len >= strlen(ending) &&
		    strcmp(entry->d_name + len - strlen(ending), ending) == 0)
			sweep_file(dirfd(dir), entry->d_name);
	}
	(void)closedir(dir);
}
