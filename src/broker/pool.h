/* SPDX-License-Identifier: MIT */
/*
 * pool.h - the logins that a broker has on its bastion, and the transport of new ones.
 * Knows nothing of clients; the relays of each login are counted for it.  Blocks where
 * the transports do, and on files.
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

/* How logins are made; tests have their own. */
struct pool_backend {
	transport_start *libssh2;
	transport_start *openssh;
	bool (*has_login)(const char *gateway); /* opensshlogin_exists() */
	void (*confine)(
		void); /* called after a login by libssh2: no program is started */
};

struct pool_slot {
	struct transport *transport; /* NULL: a free slot */
	bool ready;
	bool has_data; /* its streams may have data to read */
	bool ended;    /* close its streams, then pool_remove() it */
	size_t relays;
	bool bulk;       /* one of its relays carries a copy; see relays_find_bulk() */
	int64_t used_ms; /* when it last had a relay */
	int64_t ready_ms;
	int64_t woke_ms; /* when the machine woke from sleep, or 0 */
};

struct pool {
	const struct pool_backend *backend;
	struct transport_config config;
	char peer_address[TRANSPORT_ADDRESS_SIZE]; /* for config.peer_address */
	enum gateway_transport transport;
	bool remember; /* write the transport to the configuration once it works */
	struct pool_slot slots[POOL_SLOTS];
	int64_t retry_ms;     /* no additional login before this time */
	struct error failure; /* why no login is possible; ERROR_NONE: it may be */
};

/* Start a login, if a slot is free. */
void pool_start(struct pool *p);

/* Let every login take its next step; slots may have ended afterwards. */
void pool_step(struct pool *p);

/* End a login; pool_step()'s caller then finds the slot ended. */
void pool_end(struct pool_slot *slot);

/* Free a slot that has ended. */
void pool_remove(struct pool_slot *slot);

/* A slot whose transport can open a channel now, or NULL; one without bulk is preferred.
 * Only of the logins that have become ready since then, in ms; 0: of all. */
struct pool_slot *pool_find_slot(struct pool *p, int64_t since);

/* May a login be waited for, or started, for one session beside bulk ones?  Only where it
 * asks no user for anything. */
bool pool_may_part(const struct pool *p);

/* The number of logins that are ready, or not yet ready. */
size_t pool_count(const struct pool *p, bool ready);

/* The transport of the ready logins, or "connecting".  Borrowed for good. */
const char *pool_transport_name(const struct pool *p);

/* When the first of the logins that are ready became so; 0: none is. */
int64_t pool_ready_ms(const struct pool *p);

/* Is every ready login unresponsive? */
bool pool_is_unresponsive(const struct pool *p);

/* May an additional login be started beside the ready ones? */
bool pool_may_grow(const struct pool *p);

/* See transport_ops. */
void pool_poll(struct pool *p, struct pollset *set, int *wait_ms);
bool pool_flush(struct pool *p);
void pool_probe(struct pool *p);

#endif
