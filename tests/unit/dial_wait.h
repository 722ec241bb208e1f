/* SPDX-License-Identifier: MIT */
/* dial_step() in a loop, for tests. */
#ifndef TESTS_DIAL_WAIT_H
#define TESTS_DIAL_WAIT_H

#include <poll.h>

#include "net/dial.h"

/* The socket, or -1 at the deadline.  Blocks. */
static int dial_wait(struct dial *d, struct deadline until)
{
	int fd;

	while ((fd = dial_step(d)) == -1 && !deadline_passed(until)) {
		struct pollfd pfds[DIAL_FDS];
		int wait;
		size_t n = dial_poll(d, pfds, DIAL_FDS, &wait);
		int left = deadline_left(until);

		(void)poll(pfds, (nfds_t)n, wait < left ? wait : left);
	}
	return fd;
}

#endif
