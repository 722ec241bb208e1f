/* SPDX-License-Identifier: MIT */
/*
 * store.h - the fleet with aliases, from the API or from the inventory file, and the
 * files that are written from it: inventory and routes.
 *
 * Errors: those of api.h, lock_take() and atomic.h.
 */
#ifndef FLEET_STORE_H
#define FLEET_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct api;
struct config;
struct error;
struct fleet;
struct host;
struct inventory_watch;

/* What is wanted of the fleet. */
struct fleet_query {
	const struct config *config;
	int64_t newer_than_ms; /* since the epoch */
	struct api **api;      /* used, and opened where *api is NULL; NULL: not shared */
	const struct inventory_watch *watch; /* or NULL */
	struct fleet *before; /* FLEET_INIT, gets the inventory of the file; or NULL */
};

/*
 * Fetch the stacks of query->config->stacks (none: all) from the API and assign aliases.
 * Writes nothing.  *fleet is FLEET_INIT.  newer_than_ms and api do not count.  Blocks.
 */
int fleet_fetch(struct api *api, const struct fleet_query *query, struct fleet *fleet,
                struct deadline until, struct error *err);

/*
 * Read the inventory instead where this login fetched it, of all stacks, since then (in
 * ms since the epoch): another process did so while this one waited for the
 * inventory lock, which it holds now.  False: it is to be fetched.  Does not block.
 */
bool fleet_reuse(const struct config *config, int64_t since_ms, struct fleet *fleet);

/*
 * Write the inventory, the names and those that are kept, the routes of all roles, and
 * those server routes that exist; remove routes that lead to nothing in the fleet, and
 * names in known_hosts that it gives to other servers.  A route keeps its lease unless
 * its address changes.  The caller holds the inventory lock.  Blocks for the locks of
 * known_hosts, up to 5 s.
 */
int fleet_store(const struct fleet *fleet, const struct config *config,
                struct error *err);

/*
 * The fleet from the inventory file; where that is missing or older than newer_than_ms
 * (since the epoch), from the API: once for all processes that ask at that time,
 * and stored where there was none or sync_login_may_replace() says so.  *fleet is
 * FLEET_INIT, and released by the caller also after a failure.  Blocks for the inventory
 * lock and the API.
 */
int fleet_get(const struct fleet_query *query, struct fleet *fleet, struct deadline until,
              struct error *err);

/* fleet_get() with only these two set. */
int fleet_load(const struct config *config, int64_t newer_than_ms, struct fleet *fleet,
               struct deadline until, struct error *err);

/* The server's name in the private network of its stack, where the configuration says so;
 * NULL otherwise.  The caller frees it. */
struct server;
char *fleet_apn_name(const struct server *server, const struct config *config);

/* Write the route of host under its target.  Does not block. */
int fleet_write_route(const struct host *host, const struct config *config,
                      struct error *err);

/*
 * Write one that leads to the servers of host under another target: the uid of a server
 * that host has replaced, or a name that has no block, by which ssh looks its host key up
 * then, as alias.  Does not block.
 */
int fleet_write_route_as(const struct host *host, const char *target, const char *alias,
                         struct error *err);

#endif
