/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/mem.h"
#include "net/pollset.h"

void pollset_clear(struct pollset *set)
{
	set->count = 0;
}

void pollset_release(struct pollset *set)
{
	free(set->items);
	*set = (struct pollset)POLLSET_INIT;
}

size_t pollset_add(struct pollset *set, int fd, short events)
{
	if (set->count == set->cap) {
		set->cap = set->cap == 0 ? 16 : set->cap * 2;
		set->items = xrealloc_array(set->items, set->cap, sizeof(*set->items));
	}
	set->items[set->count] = (struct pollfd){ .fd = fd, .events = events };
	return set->count++;
}

short pollset_got(const struct pollset *set, size_t slot)
{
	return slot < set->count ? set->items[slot].revents : 0;
}
