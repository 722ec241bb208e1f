/* SPDX-License-Identifier: MIT */
/*
 * relays.h - the channels that are in use, and over which login each goes.
 *
 * Carries their bytes, each one first in turn.  Knows nothing of who waits for a
 * channel; keeps the number of relays in each slot.  Never blocks.
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
	size_t turn; /* who moves first */
	unsigned char scratch[RELAY_SCRATCH];
};

/* A talk over a login of slot begins.  Takes fd, see relay_new(), and stream; with -1
 * for fd there is nobody to talk to, and the stream is closed. */
void relays_add(struct relays *t, int fd, struct stream *stream, struct pool_slot *slot);

/* The slot has ended, and with it every talk over it. */
void relays_end(struct relays *t, const struct pool_slot *slot);

/* Add what to wait for; lower *wait_ms. */
void relays_poll(const struct relays *t, struct pollset *set, int *wait_ms);

/*
 * Move what can be moved now, over slots, the pool's, which say where there may be
 * news, and are told; true when anything moved.  What is over leaves the list.
 */
bool relays_move(struct relays *t, struct pool_slot slots[POOL_SLOTS],
                 const struct pollset *set);

/* How many are still talking.  One whose client has gone may wait long for a server that
 * reads nothing to confirm its end. */
size_t relays_active(const struct relays *t);

/* Free the list; the relays have ended before. */
void relays_release(struct relays *t);

#endif
