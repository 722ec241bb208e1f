/* SPDX-License-Identifier: MIT */
/*
 * pool.h - the logins on one gateway that there are at a time, and by which
 * transport new ones are made.
 *
 * Knows nothing of who uses them; only counts the relays that the dispatcher
 * has on each.
 */
#ifndef BROKER_POOL_H
#define BROKER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "bastion/transport.h"
#include "runtime/config.h"

struct pollset;

enum { POOL_SLOTS = 6 };

struct pool_slot {
	struct transport *transport; /* NULL: a free place */
	bool ready;
	bool has_data; /* there may be news for its streams */
	bool ended;    /* abandoned: close its streams, then pool_remove() it */
	size_t relays;
	int64_t used_ms;
	int64_t ready_ms;
	int64_t doubted_ms; /* when the machine woke up, or 0 */
};

struct pool {
	struct transport_config config;
	char peer_address[TRANSPORT_ADDRESS_SIZE]; /* for config.peer_address */
	enum gateway_transport transport;
	bool remember; /* write the transport down once it works */
	struct pool_slot slots[POOL_SLOTS];
	int64_t retry_ms;     /* no additional login before */
	struct error failure; /* why there is no login, and will be none */
};

/* Start a login if there is room, by the transport that is known to work. */
void pool_start(struct pool *r);

/* Let every login take its next step; some slots may have ended afterwards. */
void pool_step(struct pool *r);

/* Free a slot that has ended. */
void pool_remove(struct pool *r, struct pool_slot *slot);

/* A slot that can open a channel now, or NULL. */
struct pool_slot *pool_find_slot(struct pool *r);

/* How many logins there are that are ready, or not yet. */
size_t pool_count(const struct pool *r, bool ready);

/* Does none of the ready ones answer? */
bool pool_is_unresponsive(const struct pool *r);

/* May an additional login be made beside the ready ones? */
bool pool_may_grow(const struct pool *r);

void pool_poll(struct pool *r, struct pollset *set, int *wait_ms);
bool pool_flush(struct pool *r); /* true when anything moved */
void pool_probe(struct pool *r);

#endif
