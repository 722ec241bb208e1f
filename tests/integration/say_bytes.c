/* SPDX-License-Identifier: MIT */
/*
 * say_bytes PORT FILE REQUESTS - on 127.0.0.1:PORT, answer each request with the bytes
 * of FILE, read anew each time, and append what was asked to the file REQUESTS.  For the
 * tests of an API that says what no server should.  Prints "ready" when it listens.
 */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEAD_MAX = 64 * 1024, QUIET_MS = 2000 };

static int listen_on(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_port = htons((uint16_t)port),
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(fd, 64) == -1) {
		perror("say_bytes");
		exit(1);
	}
	return fd;
}

static void note(const char *path, const char *bytes, size_t len)
{
	FILE *file = fopen(path, "a");

	if (file != NULL) {
		(void)fwrite(bytes, 1, len, file);
		(void)fclose(file);
	}
}

/* The head of a request; what follows it is of no interest. */
static void hear(int fd, const char *requests)
{
	static char head[HEAD_MAX + 1];
	size_t len = 0;
	ssize_t n;

	while (len < HEAD_MAX && strstr(head, "\r\n\r\n") == NULL &&
	       (n = read(fd, head + len, HEAD_MAX - len)) > 0)
		len += (size_t)n;
	note(requests, head, len);
}

static void answer(int fd, const char *path)
{
	FILE *file = fopen(path, "r");
	char block[16384];
	size_t n;

	while (file != NULL && (n = fread(block, 1, sizeof(block), file)) > 0) {
		if (send(fd, block, n, MSG_NOSIGNAL) == -1)
			break;
	}
	/* Closing at once would reset the connection and take the last bytes with it. */
	(void)shutdown(fd, SHUT_WR);
	while (poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, QUIET_MS) > 0 &&
	       read(fd, block, sizeof(block)) > 0)
		;
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 4)
		return 64;
	(void)signal(SIGCHLD, SIG_IGN);
	fd = listen_on((int)strtol(argv[1], NULL, 10));
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;) {
		int caller = accept(fd, NULL, NULL);

		if (caller != -1 && fork() == 0) {
			hear(caller, argv[3]);
			answer(caller, argv[2]);
			_exit(0);
		}
		(void)close(caller);
	}
}
