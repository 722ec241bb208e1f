/* SPDX-License-Identifier: MIT */
/*
 * keystroke - how long a key takes from the hand to the eye.
 *
 *   keystroke [-n COUNT] [-s MS] [-w MS] COMMAND [ARG...]
 *
 * COMMAND gives back what it is given, such as "ssh host cat".  COUNT bytes (100)
 * are sent to it one by one, each MS (50) after the answer to the one before.  For
 * each, one line: microseconds until it came back.  The first three do not count, nor do
 * those of the first MS of -s.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { UNCOUNTED = 3, PATIENCE_MS = 30000 };

static int fail(const char *what)
{
	(void)fprintf(stderr, "keystroke: %s\n", what);
	return 1;
}

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static pid_t start(char **argv, int *to, int *from)
{
	int in[2], out[2];
	pid_t pid;

	if (pipe(in) == -1 || pipe(out) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		for (int i = 0; i < 2; i++) {
			(void)close(in[i]);
			(void)close(out[i]);
		}
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	*to = in[1];
	*from = out[0];
	return pid;
}

static int64_t press(int to, int from)
{
	struct pollfd pfd = { .fd = from, .events = POLLIN };
	int64_t start_us = now_us();
	char key = 'k';

	if (write(to, &key, 1) != 1 || poll(&pfd, 1, PATIENCE_MS) != 1 ||
	    read(from, &key, 1) != 1)
		return -1;
	return now_us() - start_us;
}

int main(int argc, char *argv[])
{
	struct timespec pause = { .tv_nsec = 50 * 1000000 };
	long count = 100, ms, skip_ms = 0;
	int64_t counted_us;
	int opt, to = -1, from = -1, status;
	pid_t pid;

	while ((opt = getopt(argc, argv, "+n:s:w:")) != -1) {
		switch (opt) {
		case 'n': count = strtol(optarg, NULL, 10); break;
		case 's': skip_ms = strtol(optarg, NULL, 10); break;
		case 'w':
			ms = strtol(optarg, NULL, 10);
			pause = (struct timespec){ .tv_sec = ms / 1000,
				                   .tv_nsec = ms % 1000 * 1000000 };
			break;
		default: return 64;
		}
	}
	if (optind == argc)
		return 64;
	(void)signal(SIGPIPE, SIG_IGN);
	pid = start(argv + optind, &to, &from);
	if (pid == -1)
		return fail(strerror(errno));
	counted_us = now_us() + skip_ms * 1000;
	for (long i = -UNCOUNTED; i < count;) {
		int64_t took = press(to, from);

		if (took == -1)
			return fail("no answer");
		if (i >= 0 && now_us() >= counted_us)
			(void)printf("%lld\n", (long long)took);
		if (i < 0 || now_us() >= counted_us)
			i++;
		(void)nanosleep(&pause, NULL);
	}
	(void)close(to);
	(void)waitpid(pid, &status, 0);
	return 0;
}
