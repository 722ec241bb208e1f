/* SPDX-License-Identifier: MIT */
/* Connections of one moment are told apart from single ones. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "connect/crowd.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-test-crowd-XXXXXX";

static void make_older(const char *name, int ms)
{
	char *path = xasprintf("%s/cxssh/recent/%s", folder, name);
	struct timespec times[2];

	(void)clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= ms / 1000;
	times[1] = times[0];
	if (utimensat(AT_FDCWD, path, times, 0) == -1)
		abort();
	free(path);
}

/* The id of a process that runs no more. */
static pid_t ended_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	(void)waitpid(pid, NULL, 0);
	return pid;
}

int main(void)
{
	char *command;

	if (mkdtemp(folder) == NULL)
		abort();
	(void)setenv("XDG_CACHE_HOME", folder, 1);
	ok(!crowd_join("uid", 22, getpid()), "the first connection of all is no crowd");
	ok(crowd_join("uid", 22, getpid()),
	   "a second connection at the same moment is a crowd");
	ok(!crowd_join("uid", 2222, getpid()),
	   "a connection to another port of the server is no crowd");
	ok(!crowd_join("other", 22, getpid()),
	   "a connection to another server is no crowd");
	make_older("uid:22", 3000);
	ok(!crowd_join("uid", 22, getpid()),
	   "a connection some seconds later is single again");
	ok(crowd_join("uid", 22, getpid()),
	   "a single connection counts for the next one");
	ok(!crowd_join("one", 22, ended_process()), "a session alone is no crowd");
	ok(!crowd_join("one", 22, getpid()),
	   "a session after one that has ended is no crowd, however soon it comes");
	ok(crowd_join("one", 22, getpid()), "one beside another is");
	make_older("uid:22", -3000);
	ok(!crowd_join("uid", 22, getpid()), "a connection of the future does not count");
	(void)setenv("XDG_CACHE_HOME", "/proc/none", 1);
	ok(!crowd_join("uid", 22, getpid()) && !crowd_join("uid", 22, getpid()),
	   "where nothing can be written there is no crowd");
	command = xasprintf("rm -r %s", folder);
	(void)!system(command);
	free(command);
	return done_testing();
}
