/* SPDX-License-Identifier: MIT */
/*
 * relays.h - all relays of a broker, and the login of each; each is the first in turn.
 * Keeps the number of relays in each pool_slot.  No function blocks.
 */
#ifndef BROKER_RELAYS_H
#define BROKER_RELAYS_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/pool.h"
#include "broker/relay.h"

struct pollset;
struct stream;
struct relay_entry;

struct relays { /* all zero: none */
	struct relay_entry *items;
	size_t count;
	size_t turn; /* which one moves first */
	unsigned char scratch[RELAY_SCRATCH];
};

/* Add a relay over the login of slot.  Takes fd, see relay_new(), and stream; fd -1: only
 * close the stream. */
void relays_add(struct relays *r, int fd, struct stream *stream, struct pool_slot *slot);

/* The slot has ended: end its relays. */
void relays_end(struct relays *r, const struct pool_slot *slot);

/* Add what to wait for; lower *wait_ms to the next time limit. */
void relays_poll(const struct relays *r, struct pollset *set, int *wait_ms);

/* Move what can be moved now; slots are the pool's, whose has_data is read and set.  True
 * when anything moved.  Relays that are done leave the list. */
bool relays_move(struct relays *r, struct pool_slot slots[POOL_SLOTS],
                 const struct pollset *set);

/* Set which slots have a relay that carries a copy. */
void relays_find_bulk(const struct relays *r, struct pool_slot slots[POOL_SLOTS]);

/* The number of relays that have a client.  A stream without one may take long to close,
 * when the server reads nothing. */
size_t relays_active(const struct relays *r);

/* Free the list, whose relays have ended. */
void relays_release(struct relays *r);

#endif
