/* SPDX-License-Identifier: MIT */
/*
 * fdpass_caller SECONDS COMMAND [ARGUMENT...] - start a ProxyCommand as OpenSSH does
 * with ProxyUseFdpass, and measure: prints its exit status (or "hangs", after
 * SECONDS, or "signal N"), the milliseconds until it had ended, and "connected" when a
 * descriptor came that leads to a server, else "nothing".  Its standard error is not
 * changed; a reason that came inside the SSH protocol goes there, too.  With -SECONDS the
 * caller exits after 300 ms.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/fdpass.h"

static long now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static pid_t start(char *argv[], int theirs, int own)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)dup2(theirs, STDIN_FILENO);
	(void)dup2(theirs, STDOUT_FILENO);
	(void)close(theirs);
	(void)close(own);
	(void)execvp(argv[0], argv);
	_exit(127);
}

/* Its end: the status as waitpid() has it, or -1 when it takes longer than that. */
static int wait_for_end(pid_t pid, long limit_ms)
{
	long until = now_ms() + limit_ms;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() >= until)
			return -1;
		(void)usleep(2000);
	}
	return status;
}

/* Does the descriptor lead to no server, but to the reason?  Then print it. */
static bool says_why(int fd)
{
	static const char banner[] = "SSH-2.0-cxssh\r\n";
	enum { BEFORE_TEXT = sizeof(banner) - 1 + 4 + 1 + 1 + 4 };
	unsigned char bytes[1024] = "";
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	const unsigned char *at = bytes + BEFORE_TEXT;
	ssize_t n = poll(&pfd, 1, 0) == 1 ? recv(fd, bytes, sizeof(bytes), MSG_PEEK) : 0;

	if (n < BEFORE_TEXT + 4 || memcmp(bytes, banner, sizeof(banner) - 1) != 0)
		return false;
	(void)fprintf(stderr, "%.*s\n", at[2] << 8 | at[3], at + 4);
	return true;
}

int main(int argc, char *argv[])
{
	int ends[2];
	char text[16];
	long began = now_ms();
	int status;
	int fd;
	pid_t pid;
	long seconds;

	if (argc < 3 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		return 64;
	pid = start(argv + 2, ends[1], ends[0]);
	(void)close(ends[1]);
	seconds = strtol(argv[1], NULL, 10);
	if (seconds < 0) {
		(void)usleep(300000);
		(void)close(ends[0]);
	}
	status = wait_for_end(pid, labs(seconds) * 1000);
	if (status == -1)
		(void)printf("hangs ");
	else if (WIFSIGNALED(status))
		(void)printf("signal-%d ", WTERMSIG(status));
	else
		(void)printf("%d ", WEXITSTATUS(status));
	(void)printf("%ld ", now_ms() - began);
	if (status == -1)
		(void)kill(pid, SIGKILL);
	(void)fdpass_read(ends[0], text, sizeof(text), &fd);
	(void)printf("%s\n", fd != -1 && !says_why(fd) ? "connected" : "nothing");
	return 0;
}
