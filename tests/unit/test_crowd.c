/* SPDX-License-Identifier: MIT */
/* Connections of one moment are told apart from single ones. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
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

int main(void)
{
	char *command;

	if (mkdtemp(folder) == NULL)
		abort();
	(void)setenv("XDG_CACHE_HOME", folder, 1);
	ok(!crowd_join("uid", 22), "the first connection of all is no crowd");
	ok(!crowd_join("uid", 22) && !crowd_join("uid", 22),
	   "three connections at the same moment are no crowd");
	ok(crowd_join("uid", 22) && crowd_join("uid", 22),
	   "from the fourth one on connections at the same moment are a crowd");
	make_older("uid:22", 0);
	ok(crowd_join("uid", 22), "a connection within a second belongs to the crowd");
	ok(!crowd_join("uid", 2222),
	   "a connection to another port of the server is no crowd");
	ok(!crowd_join("other", 22), "a connection to another server is no crowd");
	make_older("uid:22", 3000);
	ok(!crowd_join("uid", 22), "a connection some seconds later is single again");
	ok(!crowd_join("uid", 22) && !crowd_join("uid", 22) && crowd_join("uid", 22),
	   "connections after a pause are counted anew");
	make_older("uid:22", -3000);
	ok(!crowd_join("uid", 22), "a connection of the future does not count");
	command = xasprintf("mkfifo %s/cxssh/recent/fifo:22", folder);
	(void)!system(command);
	free(command);
	(void)alarm(10);
	ok(!crowd_join("fifo", 22),
	   "a named pipe in place of the mark is not waited for");
	(void)alarm(0);
	(void)setenv("XDG_CACHE_HOME", "/proc/none", 1);
	ok(!crowd_join("uid", 22) && !crowd_join("uid", 22),
	   "where nothing can be written there is no crowd");
	command = xasprintf("rm -r %s", folder);
	(void)!system(command);
	free(command);
	return done_testing();
}
