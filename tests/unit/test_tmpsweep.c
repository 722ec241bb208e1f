/* SPDX-License-Identifier: MIT */
/* What killed processes leave is swept, and nothing else. */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "runtime/atomic.h"
#include "runtime/tmpsweep.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-leftovers.XXXXXX";

static char *at(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static void put(const char *name)
{
	char *path = at(name);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (fd == -1 || close(fd) == -1)
		abort();
	free(path);
}

static bool is_there(const char *name)
{
	char *path = at(name);
	struct stat st;
	bool there = lstat(path, &st) == 0;

	free(path);
	return there;
}

static void take_away(const char *name)
{
	char *path = at(name);

	if (unlink(path) == -1)
		(void)rmdir(path);
	free(path);
}

static void test_names(void)
{
	static const char *const kept[] = { ".config.backup", ".config.cxssh-short",
		                            "config.cxssh-Ab3dEf" };

	put(".config.cxssh-Ab3dEf");
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		put(kept[i]);
	tmpfile_sweep(folder);
	ok(!is_there(".config.cxssh-Ab3dEf"), "a draft that no process holds is swept");
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		ok(is_there(kept[i]), "a file of another name is not swept: %s", kept[i]);
		take_away(kept[i]);
	}
}

static void test_no_files(void)
{
	char *link = at(".a.cxssh-a_link");
	char *dir = at(".a.cxssh-folder");
	char *fifo = at(".a.cxssh-a_fifo");

	(void)!symlink("nowhere", link);
	(void)mkdir(dir, 0700);
	(void)mkfifo(fifo, 0600);
	tmpfile_sweep(folder);
	ok(is_there(".a.cxssh-a_link") && is_there(".a.cxssh-folder") &&
	           is_there(".a.cxssh-a_fifo"),
	   "a link, a folder and a FIFO are not swept");
	(void)unlink(link);
	(void)rmdir(dir);
	(void)unlink(fifo);
	free(link);
	free(dir);
	free(fifo);
	if (geteuid() == 0) {
		char *foreign = at(".a.cxssh-theirs");

		put(".a.cxssh-theirs");
		(void)!chown(foreign, 12345, (gid_t)-1);
		tmpfile_sweep(folder);
		ok(is_there(".a.cxssh-theirs"), "a draft of another user is not swept");
		(void)unlink(foreign);
		free(foreign);
	}
	tmpfile_sweep("/nonexistent");
	ok(true, "a missing folder has nothing to sweep");
}

/* A child that makes a draft, says so, and waits to be killed or told to go on. */
static pid_t writer(int *heard, int *tell)
{
	int said[2];
	int told[2];
	char byte = 'x';
	pid_t pid;

	if (pipe(said) == -1 || pipe(told) == -1)
		abort();
	pid = fork();
	if (pid == 0) {
		struct tmpfile draft = TMPFILE_INIT;
		struct error err = ERROR_INIT;
		char *path = at("file");
		int rc = tmpfile_open(&draft, path, "content", 7, &err);

		(void)close(told[1]);
		(void)!write(said[1], &byte, 1);
		(void)!read(told[0], &byte, 1);
		if (rc == 0)
			rc = tmpfile_publish(&draft, path, &err);
		free(path);
		_exit(rc == -1);
	}
	(void)close(said[1]);
	(void)close(told[0]);
	*heard = said[0];
	*tell = told[1];
	(void)!read(said[0], &byte, 1);
	return pid;
}

static int drafts(void)
{
	char *command =
		xasprintf("exit $(find %s -name '.file.cxssh-*' | wc -l)", folder);
	int status = system(command);

	free(command);
	return WEXITSTATUS(status);
}

static void test_writers(void)
{
	int heard;
	int tell;
	int status = -1;
	pid_t pid = writer(&heard, &tell);

	ok(drafts() == 1, "another process has a draft");
	tmpfile_sweep(folder);
	ok(drafts() == 1, "the draft of a running process is not swept");
	(void)close(tell);
	(void)waitpid(pid, &status, 0);
	ok(status == 0 && is_there("file") && drafts() == 0,
	   "the draft of a running process is published");
	(void)close(heard);
	take_away("file");

	pid = writer(&heard, &tell);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	ok(drafts() == 1, "a process is killed while it has a draft");
	tmpfile_sweep(folder);
	ok(drafts() == 0 && !is_there("file"), "the draft of a killed process is swept");
	(void)close(heard);
	(void)close(tell);
}

/* A process sweeps without end what others are about to write: each draft comes to its
 * place. */
static void test_race(void)
{
	enum { WRITERS = 4, WRITES = 300 };
	pid_t writers[WRITERS];
	int failed = 0;
	int running = WRITERS;

	for (int i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		if (writers[i] == 0) {
			struct error err = ERROR_INIT;
			char *path = xasprintf("%s/race%d", folder, i);
			int wrong = 0;

			for (int n = 0; n < WRITES; n++)
				wrong += atomic_update_cache(path, &n, sizeof(n), NULL,
				                             &err) == -1;
			(void)unlink(path);
			free(path);
			_exit(wrong != 0);
		}
	}
	while (running > 0) {
		int status;

		tmpfile_sweep(folder);
		if (waitpid(-1, &status, WNOHANG) > 0) {
			running--;
			failed += status != 0;
		}
	}
	ok(failed == 0, "a process that sweeps does not disturb a process that writes");
}

int main(void)
{
	if (mkdtemp(folder) == NULL)
		return 1;
	test_names();
	test_no_files();
	test_writers();
	test_race();
	ok(rmdir(folder) == 0, "writers and sweepers leave no file");
	return done_testing();
}
