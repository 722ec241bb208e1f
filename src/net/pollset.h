/* SPDX-License-Identifier: MIT */
/*
 * pollset.h - the descriptors that one turn of a loop waits for.
 */
#ifndef NET_POLLSET_H
#define NET_POLLSET_H

#include <poll.h>
#include <stddef.h>

struct pollset {
	struct pollfd *items;
	size_t count;
	size_t cap;
};

#define POLLSET_INIT \
	{ \
		.items = NULL \
	}

/* Start over; the storage stays. */
void pollset_clear(struct pollset *set);
void pollset_release(struct pollset *set);

/* Wait for events on fd (-1: for none).  Returns the slot to ask for afterwards. */
size_t pollset_add(struct pollset *set, int fd, short events);

/* What poll(2) said of a slot. */
short pollset_got(const struct pollset *set, size_t slot);

#endif
