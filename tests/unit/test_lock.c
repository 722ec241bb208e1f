/* SPDX-License-Identifier: MIT */
/* One at a time, across processes. */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "tap.h"

/* In the place of libc's: a file system that has no flock(2), when asked for. */
static bool no_flock;

int flock(int fd, int operation)
{
	if (!no_flock)
		return (int)syscall(SYS_flock, fd, operation);
	errno = ENOLCK;
	return -1;
}

static char folder[] = "/tmp/cxssh-lock.XXXXXX";
static char *places; /* path without its last part */
static char *path;

static int lock(int64_t ms)
{
	struct error err = ERROR_INIT;

	return lock_take(path, deadline_in(ms), &err);
}

static void test_alone(void)
{
	struct stat st;
	int fd = lock(1000);

	ok(fd != -1, "a free lock is taken");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
	   "a lock is a file for its owner only");
	lock_release(fd);
	fd = lock(0);
	ok(fd != -1, "a lock that was released is taken again, even without time");
	lock_release(fd);
	lock_release(-1);
}

static void test_deadline(void)
{
	struct error err = ERROR_INIT;
	int fd = lock(1000);
	int64_t began = deadline_now_ms();
	int64_t took;

	ok(lock_take(path, deadline_in(120), &err) == -1 && err.code == ERROR_RETRY,
	   "a lock that is held is not taken");
	took = deadline_now_ms() - began;
	ok(took >= 110, "a process waits for a lock until its deadline: %d ms",
	   (int)took);
	ok(strncmp(err.text, "another cxssh was at work too long (", 36) == 0 &&
	           strstr(err.text, path) != NULL,
	   "the error says that another cxssh holds the lock: %s", err.text);
#ifdef __linux__
	{
		char *holder = xasprintf("(process %d has ", (int)getpid());
		char *how = xasprintf("; run: ps -fp %d", (int)getpid());

		ok(strstr(err.text, holder) != NULL && strstr(err.text, how) != NULL,
		   "the error names the process that holds the lock");
		free(holder);
		free(how);
	}
#endif
	lock_release(fd);
}

/* A child that holds the lock; it says so over the pipe, and waits to be told to go. */
static pid_t holder(int tell[2], int ask[2])
{
	char byte = 'x';
	pid_t pid;

	if (pipe(tell) == -1 || pipe(ask) == -1)
		abort();
	pid = fork();
	if (pid == 0) {
		int fd = lock(5000);

		(void)close(ask[1]);
		(void)!write(tell[1], &byte, 1);
		(void)!read(ask[0], &byte, 1);
		lock_release(fd);
		_exit(fd == -1);
	}
	(void)close(ask[0]);
	(void)close(tell[1]);
	(void)!read(tell[0], &byte, 1);
	return pid;
}

static void test_holder(int by_signal)
{
	int tell[2];
	int ask[2];
	pid_t pid = holder(tell, ask);
	int fd = lock(20);

	ok(fd == -1, "a lock that another process holds is not taken");
	lock_release(fd);
	if (by_signal != 0)
		(void)kill(pid, by_signal);
	(void)close(ask[1]);
	fd = lock(5000);
	ok(fd != -1, "a lock is free when its holder %s",
	   by_signal != 0 ? "is killed" : "lets go");
	lock_release(fd);
	(void)close(tell[0]);
	(void)waitpid(pid, NULL, 0);
}

static void test_sweep(void)
{
	int fd = lock(1000);

	lock_sweep(places, "lock");
	ok(access(path, F_OK) == 0, "a lock that is held is not swept");
	lock_release(fd);
	lock_sweep(places, "other");
	ok(access(path, F_OK) == 0, "a file with another name is not swept");
	lock_sweep(places, "lock");
	ok(access(path, F_OK) == -1, "a lock that no process holds is swept");
}

/* Sweeps until it is ended. */
static pid_t sweeper(void)
{
	pid_t pid = fork();

	while (pid == 0)
		lock_sweep(places, "lock");
	return pid;
}

/* Thirty processes count in one file; without the lock they would lose some. */
static void test_counting(bool sweep)
{
	enum { PROCESSES = 30 };
	char *count = xasprintf("%s/count", folder);
	FILE *f = fopen(count, "w");
	int n = 0;
	int failed = 0;
	pid_t other = 0;

	(void)fprintf(f, "0\n");
	(void)fclose(f);
	if (sweep)
		other = sweeper();
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			int fd = lock(60000);

			f = fopen(count, "r+");
			if (fd == -1 || f == NULL || fscanf(f, "%d", &n) != 1)
				_exit(1);
			(void)usleep(500);
			rewind(f);
			(void)fprintf(f, "%d\n", n + 1);
			_exit(fclose(f) != 0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		(void)wait(&status);
		failed += status != 0;
	}
	if (sweep && kill(other, SIGKILL) == 0)
		(void)waitpid(other, NULL, 0);
	f = fopen(count, "r");
	ok(failed == 0 && fscanf(f, "%d", &n) == 1 && n == PROCESSES,
	   "thirty at once take turns%s", sweep ? ", also while it is swept" : "");
	(void)fclose(f);
	(void)unlink(count);
	free(count);
}

static void test_bad_places(void)
{
	struct error err = ERROR_INIT;
	char *link = xasprintf("%s/link", folder);
	char *place = xasprintf("%s/there", folder);

	(void)!symlink(place, link);
	ok(lock_take(link, deadline_in(0), &err) == -1 && err.code == ERROR_CONFIG &&
	           access(place, F_OK) == -1,
	   "a link is not followed: %s", err.text);
	(void)unlink(link);
	ok(lock_take("/dev/null/x/lock", deadline_in(0), &err) == -1 &&
	           err.code == ERROR_CONFIG,
	   "a lock in an impossible folder is an error: %s", err.text);
	free(link);
	free(place);
}

int main(void)
{
	char *below;

	if (mkdtemp(folder) == NULL)
		return 1;
	places = xasprintf("%s/made/on/the/way", folder);
	path = xasprintf("%s/lock", places);
	test_alone();
	test_deadline();
	test_holder(0);
	test_holder(SIGKILL);
	test_counting(false);
	test_counting(true);
	no_flock = true;
	test_holder(0);
	test_holder(SIGKILL);
	test_counting(false);
	ok(log_kept_warning(0) == NULL,
	   "fcntl(2) stands in for flock(2) where that is missing");
	no_flock = false;
	test_sweep();
	test_bad_places();
	below = xasprintf("rm -rf %s", folder);
	if (system(below) != 0)
		printf("# cannot remove %s\n", folder);
	free(below);
	free(places);
	free(path);
	return done_testing();
}
