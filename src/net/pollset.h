/* SPDX-License-Identifier: MIT */
/*
 * pollset.h - a growing array for poll(2).
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

/* Empty it; keep the storage. */
void pollset_clear(struct pollset *set);
void pollset_release(struct pollset *set);

/* Add fd (-1: ignored by poll) with events.  Returns its slot for pollset_got(). */
size_t pollset_add(struct pollset *set, int fd, short events);

/* The revents of a slot. */
short pollset_got(const struct pollset *set, size_t slot);

#endif
