/* SPDX-License-Identifier: MIT */
/*
 * connect_proxy.c - an HTTP proxy that only knows CONNECT, and writes down all that it
 * could read: every request head and every byte from the client; for t73.
 *
 *     connect_proxy PORT LOG [STATUS]
 *
 * With STATUS, "407 Login" say, that is its answer to every CONNECT.
 * On 127.0.0.1; a child a connection.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int log_fd;
static const char *refusal;

static void note(const void *bytes, size_t len)
{
	(void)!write(log_fd, bytes, len);
}

/* The head of the request, to its empty line. */
static int read_head(int fd, char *head, size_t cap)
{
	size_t len = 0;

	head[0] = '\0';
	while (strstr(head, "\r\n\r\n") == NULL) {
		if (len + 1 == cap || recv(fd, head + len, 1, 0) != 1)
			return -1;
		head[++len] = '\0';
	}
	note(head, len);
	return 0;
}

static int connect_to(const char *address, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) == -1)
		return -1;
	return fd;
}

/* Bytes from one to the other; 0 at their end. */
static int carry(int from, int to, int heard)
{
	char block[16384];
	ssize_t n = recv(from, block, sizeof(block), 0);

	if (n <= 0)
		return 0;
	if (heard)
		note(block, (size_t)n);
	return send(to, block, (size_t)n, MSG_NOSIGNAL) == n;
}

static void serve(int client)
{
	static const char yes[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	static const char no[] = "HTTP/1.1 405 Only CONNECT\r\nContent-Length: 0\r\n\r\n";
	struct pollfd ends[2] = { { .fd = client, .events = POLLIN } };
	char head[8192];
	char address[64];
	unsigned int port;

	if (read_head(client, head, sizeof(head)) == -1)
		return;
	if (refusal != NULL) {
		(void)dprintf(client, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n",
		              refusal);
		return;
	}
	if (sscanf(head, "CONNECT %63[0-9.]:%u HTTP", address, &port) != 2 ||
	    port > 65535 || (ends[1].fd = connect_to(address, (uint16_t)port)) == -1) {
		(void)send(client, no, sizeof(no) - 1, MSG_NOSIGNAL);
		return;
	}
	ends[1].events = POLLIN;
	(void)send(client, yes, sizeof(yes) - 1, MSG_NOSIGNAL);
	while (poll(ends, 2, -1) > 0) {
		if ((ends[0].revents != 0 && !carry(client, ends[1].fd, 1)) ||
		    (ends[1].revents != 0 && !carry(ends[1].fd, client, 0)))
			return;
	}
}

int main(int argc, char *argv[])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	if (argc != 3 && argc != 4)
		return 64;
	refusal = argv[3]; /* or NULL */
	at.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
	log_fd = open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0600);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (log_fd == -1 ||
	    bind(listener, (const struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(listener, 16) == -1)
		return 69;
	for (;;) {
		int client = accept(listener, NULL, NULL);

		if (client != -1 && fork() == 0) {
			(void)close(listener); /* or the port stays taken when this
			                          process is killed */
			serve(client);
			return 0;
		}
		(void)close(client);
	}
}
