/* SPDX-License-Identifier: MIT */
/*
 * The pump in a process of its own, between two pipes or one socket and a connection;
 * this program is the caller, and the server at the other end.
 */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "connect/pump.h"
#include "descriptors.h"
#include "tap.h"

enum caller { PIPES, ONE_SOCKET };
enum connection { UNIX, TCP };

/* Our ends. */
struct run {
	pid_t pid;
	int in;  /* what the caller writes to */
	int out; /* what it reads */
	int net; /* the server */
};

static const char *const callers[] = { "two pipes", "one socket" };

/* A connected pair over loopback. */
static _Noreturn void be_the_pump(int in, int out, int net)
{
	struct error err = ERROR_INIT;
	int in_flags = fcntl(in, F_GETFL);
	int out_flags = fcntl(out, F_GETFL);
	int rc = pump_run(in, out, net, &err);

	if (rc == -1)
		_exit(1);
	/* A terminal's flags are the shell's too. */
	_exit(fcntl(in, F_GETFL) == in_flags && fcntl(out, F_GETFL) == out_flags ? 0 : 2);
}

static struct run start(enum caller caller, enum connection connection)
{
	int in[2];
	int out[2];
	int net[2];
	struct run run;

	if (connection == TCP)
		tcp_pair(net);
	else if (socketpair(AF_UNIX, SOCK_STREAM, 0, net) == -1)
		abort();
	if (caller == PIPES) {
		if (pipe(in) == -1 || pipe(out) == -1)
			abort();
	} else {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, in) == -1)
			abort();
		out[0] = in[1];
		out[1] = in[0];
	}
	run = (struct run){ .in = in[1], .out = out[0], .net = net[1] };
	run.pid = fork();
	if (run.pid == 0) {
		(void)close(in[1]);
		(void)close(out[0]);
		(void)close(net[1]);
		be_the_pump(in[0], out[1], net[0]);
	}
	(void)close(in[0]);
	if (out[1] != in[0])
		(void)close(out[1]);
	(void)close(net[0]);
	return run;
}

static void drop(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

/* The caller has said all. */
static void hang_up(struct run *run)
{
	if (run->in == run->out)
		(void)shutdown(run->in, SHUT_WR);
	else
		drop(&run->in);
}

/* Collect the pump: its exit status (0: well, flags as they were), or -1 when it had to
 * be killed; the processor time it took, in ms, goes to *cpu. */
static int finish(struct run *run, int64_t *cpu)
{
	struct deadline until = deadline_in(5000);
	struct rusage use;
	int status = -1;
	pid_t done;

	while ((done = wait4(run->pid, &status, WNOHANG, &use)) == 0 &&
	       !deadline_passed(until))
		deadline_sleep(until, 2);
	if (done == 0) {
		(void)kill(run->pid, SIGKILL);
		(void)wait4(run->pid, &status, 0, &use);
		status = -1;
	}
	if (cpu != NULL)
		*cpu = (int64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
		       (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
	if (run->out == run->in)
		run->out = -1;
	drop(&run->in);
	drop(&run->out);
	drop(&run->net);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void say(int fd, const char *words)
{
	if (write(fd, words, strlen(words)) != (ssize_t)strlen(words))
		printf("# cannot say %s\n", words);
}

/* All that comes from fd until it ends or 5 s passed, at most 63 bytes. */
static const char *all_of(int fd)
{
	static char words[64];
	struct deadline until = deadline_in(5000);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t n = 0;
	ssize_t got = 1;

	while (got > 0 && n < sizeof(words) - 1 &&
	       poll(&pfd, 1, deadline_left(until)) > 0) {
		got = read(fd, words + n, sizeof(words) - 1 - n);
		if (got > 0)
			n += (size_t)got;
	}
	words[n] = '\0';
	return got == 0 ? words : "(no end)";
}

static const char *some_of(int fd)
{
	static char words[64];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t got = poll(&pfd, 1, 5000) > 0 ? read(fd, words, sizeof(words) - 1) : 0;

	words[got > 0 ? got : 0] = '\0';
	return words;
}

static void test_caller_ends(enum caller caller, enum connection connection)
{
	struct run run = start(caller, connection);

	say(run.in, "question");
	hang_up(&run);
	is_str(all_of(run.net), "question",
	       "%s: the server hears all of it, then the end", callers[caller]);
	say(run.net, "answer");
	drop(&run.net);
	is_str(all_of(run.out), "answer",
	       "the client gets the server's answer, then the end");
	ok(finish(&run, NULL) == 0,
	   "the pump ends well and leaves the flags as they were");
}

static void test_server_ends(enum caller caller, enum connection connection)
{
	struct run run = start(caller, connection);

	say(run.in, "hello");
	is_str(some_of(run.net), "hello", "%s: the server hears the caller",
	       callers[caller]);
	say(run.net, "last words");
	drop(&run.net);
	is_str(all_of(run.out), "last words",
	       "the client gets the server's last words, then the end");
	ok(finish(&run, NULL) == 0,
	   "the pump ends with the server, though the client may still write");
}

static void test_server_resets(void)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	struct run run = start(PIPES, TCP);

	say(run.in, "hello");
	is_str(some_of(run.net), "hello", "before a reset");
	(void)setsockopt(run.net, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	drop(&run.net);
	is_str(all_of(run.out), "", "a connection that is reset ends");
	ok(finish(&run, NULL) == 0, "the pump ends with a connection that is reset");
}

static void test_reader_gone(enum caller caller, bool speak)
{
	struct run run = start(caller, UNIX);

	if (run.out == run.in)
		run.in = -1;
	drop(&run.out);
	if (speak)
		say(run.net, "nothing reads this");
	ok(finish(&run, NULL) == 0,
	   "%s: the pump ends when the caller is gone and the server %s", callers[caller],
	   speak ? "speaks" : "is silent");
}

static void test_bad_descriptors(void)
{
	struct error err = ERROR_INIT;

	ok(pump_run(-1, 1, 1, &err) == -1 && err.code == ERROR_INTERNAL,
	   "a pump without a descriptor fails");
	is_str(err.text, "standard input and output: Bad file descriptor",
	       "a pump that fails names the reason");
}

/* --- a lot --- */

enum { MUCH = 5 * 1024 * 1024 };

static unsigned char byte_at(size_t i, unsigned seed)
{
	return (unsigned char)((i * 131 + (i >> 9) + seed) & 0xff);
}

/* Write MUCH bytes of one pattern while reading MUCH of the other and its end. */
static bool exchange(int to, int from, unsigned mine, unsigned theirs, bool hang)
{
	static unsigned char buf[30011];
	size_t written = 0;
	size_t have = 0;
	bool told = false;
	bool ended = false;

	(void)fcntl(to, F_SETFL, O_NONBLOCK);
	(void)fcntl(from, F_SETFL, O_NONBLOCK);
	while (!ended || written < MUCH) {
		struct pollfd pfd[] = { { .fd = written < MUCH ? to : -1,
			                  .events = POLLOUT },
			                { .fd = ended ? -1 : from, .events = POLLIN } };
		ssize_t n;

		if (poll(pfd, 2, 5000) <= 0)
			return false;
		if (written < MUCH) {
			size_t len = MUCH - written < sizeof(buf) ? MUCH - written :
			                                            sizeof(buf);

			for (size_t i = 0; i < len; i++)
				buf[i] = byte_at(written + i, mine);
			n = write(to, buf, len);
			if (n > 0)
				written += (size_t)n;
			else if (n == -1 && errno != EAGAIN)
				return false;
		}
		if (written == MUCH && hang && !told) {
			told = true;
			if (to == from)
				(void)shutdown(to, SHUT_WR);
			else
				(void)close(to);
		}
		n = ended ? 0 : read(from, buf, sizeof(buf));
		ended = n == 0;
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] != byte_at(have++, theirs))
				return false;
		}
	}
	return have == MUCH;
}

static void test_much(enum caller caller, enum connection connection)
{
	struct run run = start(caller, connection);
	pid_t server = fork();
	int status = -1;
	bool whole;

	if (server == 0) {
		if (run.in != run.out)
			(void)close(run.in);
		(void)close(run.out);
		_exit(exchange(run.net, run.net, 7, 3, false) ? 0 : 1);
	}
	drop(&run.net);
	whole = exchange(run.in, run.out, 3, 7, true);
	if (run.in != run.out)
		run.in = -1;
	(void)waitpid(server, &status, 0);
	ok(status == 0, "%s: 5 MiB arrive at the server, every byte", callers[caller]);
	ok(whole, "5 MiB of the server arrive at the client, every byte");
	ok(finish(&run, NULL) == 0, "a pump that carried all ends with success");
}

/* --- nothing --- */

enum { IDLE_MS = 200, BUSY_MS = 40 };

static void rest(void)
{
	deadline_sleep(deadline_in(IDLE_MS), IDLE_MS);
}

static void test_idle(enum caller caller)
{
	struct run run = start(caller, TCP);
	int64_t cpu = 0;
	int status;

	rest();
	drop(&run.net);
	status = finish(&run, &cpu);
	ok(status == 0 && cpu < BUSY_MS, "%s: an idle session takes no time: %d ms",
	   callers[caller], (int)cpu);
}

static void test_idle_after_the_caller(enum caller caller)
{
	struct run run = start(caller, TCP);
	int64_t cpu = 0;
	int status;

	hang_up(&run);
	rest();
	drop(&run.net);
	status = finish(&run, &cpu);
	ok(status == 0 && cpu < BUSY_MS,
	   "%s: a session that waits for the server's last words takes no time: %d ms",
	   callers[caller], (int)cpu);
}

/* One side takes nothing for a while, and the other has a lot. */
static void test_idle_behind(enum caller caller, bool behind_server)
{
	static char block[65536];
	struct run run = start(caller, TCP);
	int from = behind_server ? run.in : run.net;
	ssize_t n = 1;
	int64_t cpu = 0;
	int status;

	(void)fcntl(from, F_SETFL, O_NONBLOCK);
	for (int tries = 0; tries < 20; tries++) {
		while ((n = write(from, block, sizeof(block))) > 0)
			;
		deadline_sleep(deadline_in(5), 5);
	}
	rest();
	drop(&run.net);
	if (run.out == run.in)
		run.in = -1;
	drop(&run.out);
	status = finish(&run, &cpu);
	ok(n == -1 && status == 0 && cpu < BUSY_MS + 40,
	   "%s: nor one behind a slow %s: %d ms", callers[caller],
	   behind_server ? "server" : "reader", (int)cpu);
}

/* A server that takes nothing any more but still has something to say. */
static void test_server_deaf(void)
{
	struct run run = start(PIPES, UNIX);
	int64_t cpu = 0;
	int status;

	(void)shutdown(run.net, SHUT_RD);
	say(run.in, "nothing hears this");
	rest();
	say(run.net, "too many logins");
	drop(&run.net);
	is_str(all_of(run.out), "too many logins",
	       "the last words of a server that reads nothing come");
	status = finish(&run, &cpu);
	ok(status == 0 && cpu < BUSY_MS,
	   "waiting for the last words of a server takes no time: %d ms", (int)cpu);
}

/* The server has said a lot and gone, and the reader is slow. */
static void test_idle_behind_the_end(void)
{
	static char block[65536];
	struct run run = start(PIPES, UNIX);
	size_t said = 0;
	size_t heard = 0;
	int64_t cpu = 0;
	int status;
	ssize_t n;

	(void)fcntl(run.net, F_SETFL, O_NONBLOCK);
	for (int tries = 0; tries < 20; tries++) {
		while ((n = write(run.net, block, sizeof(block))) > 0)
			said += (size_t)n;
		deadline_sleep(deadline_in(2), 2);
	}
	drop(&run.net);
	rest();
	while ((n = read(run.out, block, sizeof(block))) > 0)
		heard += (size_t)n;
	ok(heard == said, "a slow reader misses nothing of a server that has gone: %zu",
	   said);
	status = finish(&run, &cpu);
	ok(status == 0 && cpu < BUSY_MS, "waiting for a slow reader takes no time: %d ms",
	   (int)cpu);
}

int main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(60);
	for (enum caller c = PIPES; c <= ONE_SOCKET; c++) {
		for (enum connection n = UNIX; n <= TCP; n++) {
			test_caller_ends(c, n);
			test_server_ends(c, n);
			test_much(c, n);
		}
		test_reader_gone(c, false);
		test_reader_gone(c, true);
		test_idle(c);
		test_idle_after_the_caller(c);
		test_idle_behind(c, false);
		test_idle_behind(c, true);
	}
	test_server_deaf();
	test_idle_behind_the_end();
	test_server_resets();
	test_bad_descriptors();
	return done_testing();
}
