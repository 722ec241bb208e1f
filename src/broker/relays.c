/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/mem.h"
#include "broker/relays.h"

/* A channel and who uses it. */
struct relay_entry {
	struct relay *relay;
	struct pool_slot *slot;
	bool closing;
};

void relays_add(struct relays *t, int fd, struct stream *stream, struct pool_slot *slot)
{
	t->items = xrealloc_array(t->items, t->count + 1, sizeof(*t->items));
	t->items[t->count++] = (struct relay_entry){ .relay = relay_new(fd, stream),
		                                     .slot = slot,
		                                     .closing = fd == -1 };
	slot->relays++;
}

void relays_end(struct relays *t, const struct pool_slot *slot)
{
	for (size_t i = t->count; i-- > 0;) {
		if (t->items[i].slot == slot && relay_close(t->items[i].relay))
			t->items[i] = t->items[--t->count];
	}
}

void relays_poll(const struct relays *t, struct pollset *set, int *wait_ms)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!t->items[i].closing)
			relay_poll(t->items[i].relay, set, wait_ms);
	}
}

bool relays_move(struct relays *t, struct pool_slot slots[POOL_SLOTS],
                 const struct pollset *set)
{
	bool has_data[POOL_SLOTS];
	bool moved = false;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		has_data[i] = slots[i].has_data;
		slots[i].has_data = false;
	}
	t->turn++;
	for (size_t n = 0; n < t->count; n++) {
		struct relay_entry *entry = &t->items[(t->turn + n) % t->count];

		if (!entry->closing &&
		    relay_move(entry->relay, set, has_data[entry->slot - slots],
		               t->scratch)) {
			entry->slot->has_data = true;
			moved = true;
		}
		entry->closing = entry->closing || relay_done(entry->relay);
	}
	for (size_t i = t->count; i-- > 0;) {
		if (!t->items[i].closing || !relay_close(t->items[i].relay))
			continue;
		t->items[i].slot->relays--;
		t->items[i] = t->items[--t->count];
	}
	return moved;
}

size_t relays_active(const struct relays *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->items[i].closing ? 0 : 1;
	return n;
}

void relays_release(struct relays *t)
{
	free(t->items);
	t->items = NULL;
	t->count = 0;
}
