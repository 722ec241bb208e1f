/* SPDX-License-Identifier: MIT */
/*
 * socketpair_caller HOW COMMAND [ARGUMENT...] - start a ProxyCommand as clients other
 * than OpenSSH do: standard input and output are one socket.
 *
 *   banner    as libssh: speaks at once, prints what the server answers first
 *   late      speaks after 300 ms, when the command may be ready already
 *   fdpass    as OpenSSH: waits for a descriptor, speaks and listens on that
 *   closes    closes its end at once
 *   leaks     as libssh 0.10.6: its own end is open in the command, too
 *   stays     reads all, never closes; ends when the command has
 *   counts    is a server on port COMMAND: writes to one client, when that has ended
 *             its half, how many bytes came
 *
 * Prints the first line that comes, then ends with the command's status; 124 when
 * it does not end within 15 s, 125 when there is no first line.
 */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 15000 };

static pid_t start(char *argv[], int theirs, int own, bool leak)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)dup2(theirs, STDIN_FILENO);
	(void)dup2(theirs, STDOUT_FILENO);
	if (theirs > STDERR_FILENO)
		(void)close(theirs);
	if (!leak)
		(void)close(own);
	(void)execv(argv[0], argv);
	_exit(127);
}

static void speak(int fd)
{
	static const char banner[] = "SSH-2.0-socketpair_caller\r\n";

	if (write(fd, banner, sizeof(banner) - 1) == -1)
		perror("write");
}

/* The descriptor that comes over the socket, or -1. */
static int receive(int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec bytes = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &bytes,
		                  .msg_iovlen = 1,
		                  .msg_control = &control,
		                  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;
	int got = -1;

	if (recvmsg(fd, &message, 0) <= 0 || (header = CMSG_FIRSTHDR(&message)) == NULL ||
	    header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&got, CMSG_DATA(header), sizeof(got));
	return got;
}

/* The first line into text, without its end; the rest is left behind. */
static bool first_line(int fd, char *text, size_t cap)
{
	size_t len = 0;

	while (len + 1 < cap) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		char byte;

		if (poll(&pfd, 1, PATIENCE_MS) <= 0 || read(fd, &byte, 1) <= 0)
			return false;
		if (byte == '\n')
			break;
		if (byte != '\r')
			text[len++] = byte;
	}
	text[len] = '\0';
	return true;
}

static void drain(int fd)
{
	char block[4096];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (poll(&pfd, 1, PATIENCE_MS) > 0 && read(fd, block, sizeof(block)) > 0)
		;
}

/* The status of pid, which has PATIENCE_MS to end. */
static int end_of(pid_t pid)
{
	int status;

	for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
		struct timespec step = { .tv_nsec = 10 * 1000 * 1000 };

		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) :
			                           128 + WTERMSIG(status);
		(void)nanosleep(&step, NULL);
	}
	(void)kill(pid, SIGKILL);
	return 124;
}

static int count(int port)
{
	struct sockaddr_in self = { .sin_family = AF_INET,
		                    .sin_port = htons((uint16_t)port) };
	char block[4096];
	char text[64];
	size_t total = 0;
	ssize_t n;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int fd;

	if (bind(listener, (struct sockaddr *)&self, sizeof(self)) == -1 ||
	    listen(listener, 1) == -1 || (fd = accept(listener, NULL, NULL)) == -1)
		return 1;
	while ((n = read(fd, block, sizeof(block))) > 0)
		total += (size_t)n;
	n = snprintf(text, sizeof(text), "%zu\n", total);
	return write(fd, text, (size_t)n) == n ? 0 : 1;
}

int main(int argc, char *argv[])
{
	const char *how = argc > 2 ? argv[1] : "";
	struct timespec late = { .tv_nsec = 300 * 1000 * 1000 };
	char line[512];
	int ends[2];
	int fd;
	pid_t pid;

	if (strcmp(how, "counts") == 0)
		return count((int)strtol(argv[2], NULL, 10));
	if (argc < 3 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		return 64;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)fcntl(ends[0], F_SETFD, strcmp(how, "leaks") == 0 ? 0 : FD_CLOEXEC);
	if (strcmp(how, "late") != 0 && strcmp(how, "fdpass") != 0 &&
	    strcmp(how, "closes") != 0)
		speak(ends[0]);
	pid = start(argv + 2, ends[1], ends[0], strcmp(how, "leaks") == 0);
	(void)close(ends[1]);
	if (strcmp(how, "closes") == 0) {
		(void)close(ends[0]);
		return end_of(pid);
	}
	if (strcmp(how, "late") == 0) {
		(void)nanosleep(&late, NULL);
		speak(ends[0]);
	}
	fd = strcmp(how, "fdpass") == 0 ? receive(ends[0]) : ends[0];
	if (fd != -1 && fd != ends[0])
		speak(fd);
	if (fd == -1 || !first_line(fd, line, sizeof(line)))
		return end_of(pid) == 124 ? 124 : 125;
	(void)puts(line);
	(void)fflush(stdout);
	if (strcmp(how, "stays") == 0)
		drain(fd);
	else
		(void)close(fd);
	return end_of(pid);
}
