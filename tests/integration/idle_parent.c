/* SPDX-License-Identifier: MIT */
/*
 * idle_parent pipes|socket COMMAND [ARGUMENT...] - start a ProxyCommand as paramiko does
 * (two pipes), or as OpenSSH with ProxyUseFdpass (a socket), print its process id, and
 * then neither read nor write nor wait: for tests of its end after this process was
 * killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The ends that COMMAND gets as its standard input and output; the other ends stay open.
 */
static int connect_both(const char *how, int *in, int *out)
{
	int to[2];
	int from[2];

	if (strcmp(how, "socket") == 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to) == -1)
			return -1;
		*in = *out = to[1];
		return 0;
	}
	if (pipe2(to, O_CLOEXEC) == -1 || pipe2(from, O_CLOEXEC) == -1)
		return -1;
	*in = to[0];
	*out = from[1];
	return 0;
}

int main(int argc, char *argv[])
{
	int in;
	int out;
	pid_t pid;

	if (argc < 3 || connect_both(argv[1], &in, &out) == -1)
		return 64;
	pid = fork();
	if (pid == 0) {
		(void)dup2(in, STDIN_FILENO);
		(void)dup2(out, STDOUT_FILENO);
		(void)execvp(argv[2], argv + 2);
		_exit(127);
	}
	(void)close(in);
	if (out != in)
		(void)close(out);
	(void)printf("%d\n", (int)pid);
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}
