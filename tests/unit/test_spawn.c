/* SPDX-License-Identifier: MIT */
/* Other programs: what they say, how they end, and what they get of their parent. */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/strbuf.h"
#include "runtime/spawn.h"
#include "tap.h"

static int run(const char *script, int64_t ms, struct strbuf *said, int *status,
               struct error *err)
{
	char *argv[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" }, (char *)script, NULL };

	return spawn_run(argv, deadline_in(ms), said, status, err);
}

static const struct {
	const char *what, *script, *said;
	int status;
} scripts[] = {
	{ "says and ends", "echo hello; exit 3", "hello\n", 3 },
	{ "says nothing", "exit 0", "", 0 },
	{ "complains", "echo out; echo err >&2", "out\nerr\n", 0 },
	{ "reads, and gets nothing", "cat; echo done", "done\n", 0 },
	{ "is terminated", "kill -TERM $$", "", 128 + SIGTERM },
	{ "is killed", "kill -KILL $$", "", 128 + SIGKILL },
	{ "closes its output early", "exec >&- 2>&-; sleep 0.05; exit 4", "", 4 },
	{ "leaves a child that keeps quiet", "sleep 0.3 & exit 5", "", 5 },
};

static void test_scripts(void)
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct strbuf said = STRBUF_INIT;
		struct error err = ERROR_INIT;
		int status = -1;

		ok(run(scripts[i].script, 5000, &said, &status, &err) == 0,
		   "a child that %s", scripts[i].what);
		is_str(said.data, scripts[i].said, "the output of a child is read");
		ok(status == scripts[i].status, "the status of a child is read: %d",
		   status);
		strbuf_release(&said);
	}
}

static void test_deadline(const char *what, const char *script)
{
	struct strbuf said = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int64_t began = deadline_now_ms();
	int status = -1;
	int64_t took;

	ok(run(script, 150, &said, &status, &err) == -1 && err.code == ERROR_RETRY, "%s",
	   what);
	took = deadline_now_ms() - began;
	is_str(err.text, "/bin/sh: took too long",
	       "a child that takes too long is given up");
	ok(took >= 140, "a child is given up after its deadline: %d ms", (int)took);
	ok(said.len <= 65536,
	   "of a child that is given up at most 64 KiB of output are kept");
	ok(waitpid(-1, NULL, WNOHANG) == -1,
	   "a child that is given up is dead and collected");
	strbuf_release(&said);
}

static void test_much(void)
{
	struct strbuf said = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int status = -1;

	ok(run("head -c 300000 /dev/zero | tr '\\0' x; exit 6", 5000, &said, &status,
	       &err) == 0 &&
	           status == 6,
	   "a child with much output can finish");
	ok(said.len > 32768 && said.len <= 65536 && strspn(said.data, "x") == said.len,
	   "64 KiB of much output are kept");
	strbuf_release(&said);
}

static void test_missing(void)
{
	char *argv[] = { (char[]){ "/nonexistent/program" }, NULL };
	struct error err = ERROR_INIT;
	struct child child = CHILD_INIT;

	ok(spawn_start(argv, &child, &err) == -1 && err.code == ERROR_CONFIG &&
	           child.pid == 0 && child.output == -1,
	   "a missing program is not started");
	is_str(err.text, "cannot start /nonexistent/program: does not exist",
	       "a missing program is named in the error");
	spawn_kill(&child);
	spawn_detach(&child);
}

/* Numbers of open descriptors, as the child sees them. */
static void test_descriptors(void)
{
	struct strbuf said = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int ends[2];
	int sockets[2];
	int status = -1;
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int loose = fd_socket(AF_INET, SOCK_STREAM, 0);

	if (fd_pipe(ends) == -1 || fd_socketpair(sockets) == -1 || loose == -1)
		abort();
	ok(run("for n in 3 4 5 6 7 8 9; do (: <&$n) 2>/dev/null && echo open $n; done; :",
	       5000, &said, &status, &err) == 0,
	   "a child is started among open descriptors");
	is_str(said.data, "", "a child has no open descriptor of its parent");
	strbuf_release(&said);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	fd_close(&sockets[0]);
	fd_close(&sockets[1]);
	fd_close(&loose);
	ok(loose == -1, "a closed descriptor is marked as such");
	fd_close(&loose);
	(void)close(file);
}

static void test_signals(void)
{
	struct strbuf said = STRBUF_INIT;
	struct error err = ERROR_INIT;
	sigset_t block;
	sigset_t before;
	int status = -1;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &block, &before);
	ok(run("kill -PIPE $$; echo alive", 5000, &said, &status, &err) == 0 &&
	           status == 128 + SIGPIPE,
	   "SIGPIPE ends a child as usual, though its parent ignores it");
	is_str(said.data, "", "a child that SIGPIPE ends prints nothing");
	ok(run("kill -TERM $$; echo alive", 5000, &said, &status, &err) == 0 &&
	           status == 128 + SIGTERM,
	   "a signal that the parent blocks is not blocked in the child");
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	strbuf_release(&said);
}

static void test_session(void)
{
	char *argv[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" }, (char[]){ "sleep 10" },
		         NULL };
	struct error err = ERROR_INIT;
	struct strbuf said = STRBUF_INIT;
	struct child child;
	int status;
	pid_t pid;

	ok(spawn_start(argv, &child, &err) == 0, "a child is started");
	pid = child.pid;
	ok(getsid(pid) == pid,
	   "a child is in a session of its own: Ctrl-C does not reach it");
	ok(spawn_poll(&child, &said, &status, &err) == 0,
	   "a child that sleeps is running");
	ok(spawn_wait(&child, deadline_in(20), &said, &status, &err) == -1 &&
	           err.code == ERROR_RETRY && child.pid == pid && kill(pid, 0) == 0,
	   "a wait that runs out of time leaves the child running");
	spawn_detach(&child);
	ok(child.pid == 0 && child.output == -1 && kill(pid, 0) == 0,
	   "a child that is released runs on");
	child.pid = pid;
	spawn_kill(&child);
	ok(kill(pid, 0) == -1, "a killed child has ended");
	strbuf_release(&said);
}

int main(void)
{
	/* What started us may have left some open. */
	for (int fd = 3; fd < 256; fd++)
		(void)close(fd);
	(void)alarm(60);
	test_scripts();
	test_deadline("a child that sleeps", "sleep 10");
	test_deadline("a child that closes its output and sleeps",
	              "exec >&- 2>&-; sleep 10");
	test_deadline("one that never stops talking", "exec cat /dev/zero");
	test_deadline("one that cannot be terminated",
	              "trap '' TERM INT HUP; while :; do sleep 1; done");
	test_much();
	test_missing();
	test_descriptors();
	test_signals();
	test_session();
	return done_testing();
}
