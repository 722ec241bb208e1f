/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "net/banner.h"

/* Judge the bytes received so far, without consuming them; BANNER_LATE: none yet. */
static enum banner judge(int fd)
{
	static const char busy[] = "Exceeded MaxStartups";
	char start[sizeof(busy)];
	ssize_t n = recv(fd, start, sizeof(start) - 1, MSG_PEEK | MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return BANNER_LATE;
	if (n <= 0)
		return BANNER_HUNG;
	return strncmp(start, busy, (size_t)n) == 0 ? BANNER_BUSY : BANNER_HERE;
}

enum banner banner_await(int fd, int caller, struct deadline until)
{
	for (;;) {
		struct pollfd pfds[2] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = caller, .events = 0 },
		};
		enum banner seen = judge(fd);

		if (seen != BANNER_LATE || deadline_passed(until))
			return seen;
		(void)poll(pfds, 2, deadline_left(until));
		if ((pfds[1].revents & (POLLHUP | POLLERR)) != 0)
			return BANNER_GONE;
	}
}
