/* SPDX-License-Identifier: MIT */
/* descriptors.h - a pair of TCP sockets; and how many descriptors are open, for tests
 * that nothing stays so. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static inline int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static inline void tcp_pair(int ends[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&at, len) == -1 ||
	    listen(listener, 1) == -1 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) == -1 ||
	    connect(ends[0], (struct sockaddr *)&at, len) == -1)
		abort();
	ends[1] = accept(listener, NULL, NULL);
	(void)close(listener);
}

#endif
