/* SPDX-License-Identifier: MIT */
/* servers.h - one server on the loopback: open, or silent as behind a firewall. */
#ifndef SERVERS_H
#define SERVERS_H

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

static int listener = -1;
static uint16_t port; /* 0: to be chosen */
static int fillers[4] = { -1, -1, -1, -1 };

/* A socket with that address and port, not listening. */
static int bound(const char *address)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)inet_pton(AF_INET, address, &at.sin_addr);
	if (bind(fd, (struct sockaddr *)&at, len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) == -1)
		abort();
	port = ntohs(at.sin_port);
	return fd;
}

static void close_server(void)
{
	for (size_t i = 0; i < 4; i++)
		fd_close(&fillers[i]);
	fd_close(&listener);
	port = 0;
}

static void serve(void)
{
	listener = bound("127.0.0.1");
	(void)listen(listener, 16);
}

/* A host on which nothing listens. */
__attribute__((unused)) static void refuse(void)
{
	listener = bound("127.0.0.1");
}

/* A server whose queue is full: the kernel drops further SYNs, as a firewall does. */
__attribute__((unused)) static void stay_silent(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };

	listener = bound("127.0.0.1");
	(void)listen(listener, 0);
	at.sin_port = htons(port);
	for (size_t i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], (struct sockaddr *)&at, sizeof(at));
	}
}

/* The silent server opens. */
static void drain(void)
{
	int fd;

	(void)listen(listener, 16);
	while ((fd = accept(listener, NULL, NULL)) != -1)
		(void)close(fd);
}

#endif
