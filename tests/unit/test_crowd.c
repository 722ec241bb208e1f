/* SPDX-License-Identifier: MIT */
/* Connections of one moment are told apart from single ones. */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "connect/crowd.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-test-crowd-XXXXXX";

static char *mark_path(const char *name)
{
	return xasprintf("%s/cxssh/recent/%s", folder, name);
}

/* Make the times in the mark so much older. */
static void make_older(const char *name, int ms)
{
	char *path = mark_path(name);
	int64_t times[512];
	int mark = open(path, O_RDWR);
	ssize_t len = read(mark, times, sizeof(times));

	for (ssize_t i = 0; i < len / (ssize_t)sizeof(times[0]); i++)
		times[i] -= ms;
	if (len <= 0 || pwrite(mark, times, (size_t)len, 0) != len)
		abort();
	fd_close(&mark);
	free(path);
}

/* One connection: is it in a crowd once it is there? */
static bool joins(const char *uid, uint16_t port)
{
	int mark = crowd_join(uid, port);
	bool crowded = crowd_is_there(mark);

	fd_close(&mark);
	return crowded;
}

/* The same where no byte can be written. */
static bool joins_full(const char *uid)
{
	struct rlimit limit;
	struct rlimit none;
	bool crowded;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &limit) == -1)
		abort();
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = limit.rlim_max };
	if (setrlimit(RLIMIT_FSIZE, &none) == -1)
		abort();
	crowded = joins(uid, 22);
	if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
		abort();
	return crowded;
}

static int64_t mark_size(const char *name)
{
	char *path = mark_path(name);
	struct stat st;

	if (stat(path, &st) == -1)
		abort();
	free(path);
	return (int64_t)st.st_size;
}

static void cut(const char *name, off_t len)
{
	char *path = mark_path(name);

	if (truncate(path, len) == -1)
		abort();
	free(path);
}

/* Of 40 processes that connect at the same moment, after a pause, each sees the others.
 */
static void test_many(void)
{
	enum { MANY = 40 };
	int begin[2];
	int joined[2];
	int go[2];
	int status;
	int alone = 0;
	char byte;

	make_older("uid:22", 3000);
	if (pipe(begin) == -1 || pipe(joined) == -1 || pipe(go) == -1)
		abort();
	for (int i = 0; i < MANY; i++) {
		if (fork() == 0) {
			int mark;

			fd_close(&begin[1]);
			fd_close(&go[1]);
			(void)!read(begin[0], &byte, 1);
			mark = crowd_join("uid", 22);
			(void)!write(joined[1], "", 1);
			(void)!read(go[0], &byte, 1);
			_exit(crowd_is_there(mark) ? 0 : 1);
		}
	}
	fd_close(&begin[1]);
	for (int i = 0; i < MANY; i++)
		(void)!read(joined[0], &byte, 1);
	fd_close(&go[1]);
	for (int i = 0; i < MANY; i++)
		alone += wait(&status) == -1 || status != 0 ? 1 : 0;
	ok(alone == 0, "of %d connections at the same moment %d are single ones", MANY,
	   alone);
}

int main(void)
{
	char *command;
	int first;

	if (mkdtemp(folder) == NULL)
		abort();
	(void)setenv("XDG_CACHE_HOME", folder, 1);
	ok(!joins("uid", 22), "the first connection of all is no crowd");
	ok(!joins("uid", 22) && !joins("uid", 22),
	   "three connections at the same moment are no crowd");
	ok(joins("uid", 22) && joins("uid", 22),
	   "from the fourth one on connections at the same moment are a crowd");
	make_older("uid:22", 500);
	ok(joins("uid", 22), "a connection within a second belongs to the crowd");
	ok(!joins("uid", 2222), "a connection to another port of the server is no crowd");
	ok(!joins("other", 22), "a connection to another server is no crowd");
	make_older("uid:22", 3000);
	ok(!joins("uid", 22), "a connection some seconds later is single again");
	ok(!joins("uid", 22) && !joins("uid", 22) && joins("uid", 22),
	   "connections after a pause are counted anew");
	make_older("uid:22", -3000);
	ok(!joins("uid", 22), "a connection of the future does not count");
	test_many();
	make_older("uid:22", 3000);
	first = crowd_join("uid", 22);
	ok(!crowd_is_there(first) && !joins("uid", 22) && !joins("uid", 22) &&
	           joins("uid", 22) && crowd_is_there(first),
	   "the first connection sees the crowd that has come before it is there");
	fd_close(&first);
	for (int i = 0; i < 2000; i++)
		(void)joins("uid", 22);
	ok(mark_size("uid:22") <= 4096 && joins("uid", 22),
	   "after thousands of connections the mark is small");
	cut("uid:22", 13);
	ok(!joins("uid", 22) && !joins("uid", 22) && !joins("uid", 22) &&
	           joins("uid", 22),
	   "a mark that was cut, or is of an older version, begins anew");
	command = xasprintf("mkfifo %s/cxssh/recent/fifo:22", folder);
	(void)!system(command);
	free(command);
	(void)alarm(10);
	ok(!joins("fifo", 22), "a named pipe in place of the mark is not waited for");
	(void)alarm(0);
	ok(joins_full("full"), "on a full disk a connection counts as one of a crowd");
	(void)setenv("XDG_CACHE_HOME", "/proc/none", 1);
	ok(!joins("uid", 22) && !joins("uid", 22),
	   "where nothing can be written there is no crowd");
	command = xasprintf("rm -r %s", folder);
	(void)!system(command);
	free(command);
	return done_testing();
}
