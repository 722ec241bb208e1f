/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/mem.h"
#include "broker/relays.h"

struct relay_entry {
	struct relay *relay;
	struct pool_slot *slot;
	bool closing;
};

void relays_add(struct relays *r, int fd, struct stream *stream, struct pool_slot *slot)
{
	r->items = xgrow_array(r->items, r->count, sizeof(*r->items));
	r->items[r->count++] = (struct relay_entry){ .relay = relay_new(fd, stream),
		                                     .slot = slot,
		                                     .closing = fd == -1 };
	slot->relays++;
}

void relays_end(struct relays *r, const struct pool_slot *slot)
{
	for (size_t i = r->count; i-- > 0;) {
		if (r->items[i].slot == slot && relay_close(r->items[i].relay))
			r->items[i] = r->items[--r->count];
	}
}

void relays_poll(const struct relays *r, struct pollset *set, int *wait_ms)
{
	for (size_t i = 0; i < r->count; i++) {
		if (!r->items[i].closing)
			relay_poll(r->items[i].relay, set, wait_ms);
	}
}

bool relays_move(struct relays *r, struct pool_slot slots[POOL_SLOTS],
                 const struct pollset *set)
{
	bool has_data[POOL_SLOTS];
	bool moved = false;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		has_data[i] = slots[i].has_data;
		slots[i].has_data = false;
	}
	r->turn++;
	for (size_t n = 0; n < r->count; n++) {
		struct relay_entry *entry = &r->items[(r->turn + n) % r->count];

		if (!entry->closing &&
		    relay_move(entry->relay, set, has_data[entry->slot - slots],
		               r->scratch)) {
			entry->slot->has_data = true;
			moved = true;
		}
		entry->closing = entry->closing || relay_done(entry->relay);
	}
	for (size_t i = r->count; i-- > 0;) {
		if (!r->items[i].closing || !relay_close(r->items[i].relay))
			continue;
		r->items[i].slot->relays--;
		r->items[i] = r->items[--r->count];
	}
	return moved;
}

void relays_find_bulk(const struct relays *r, struct pool_slot slots[POOL_SLOTS])
{
	for (size_t i = 0; i < POOL_SLOTS; i++)
		slots[i].bulk = false;
	for (size_t i = 0; i < r->count; i++) {
		if (!r->items[i].closing && relay_is_bulk(r->items[i].relay))
			r->items[i].slot->bulk = true;
	}
}

size_t relays_active(const struct relays *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += r->items[i].closing ? 0 : 1;
	return n;
}

void relays_release(struct relays *r)
{
	free(r->items);
	r->items = NULL;
	r->count = 0;
}
