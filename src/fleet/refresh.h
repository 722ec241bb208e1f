/* SPDX-License-Identifier: MIT */
/*
 * refresh.h - the whole way from the API's lists to a fleet whose members have
 * aliases and routes.  Shared by the commands that need to know the fleet.
 */
#ifndef FLEET_REFRESH_H
#define FLEET_REFRESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"

struct api;
struct config;
struct error;
struct fleet;
struct inventory_watch;

/* A connection to the API as config wants it, with the login of fleet/owner.h; see
 * api_open(). */
struct api *api_session(const struct config *config, struct deadline until,
                        struct error *err);

/* The same with a token that is to be tried. */
struct api *api_session_with_token(const struct config *config, const char *token,
                                   struct deadline until, struct error *err);

/*
 * Fetch the fleet and give names.  Writes nothing.  *fleet is FLEET_INIT; watch may be
 * NULL.
 */
int fleet_fetch(struct api *api, const struct config *config,
                const struct inventory_watch *watch, struct fleet *fleet,
                struct deadline until, struct error *err);

/*
 * Learn which servers the API has keys for, where that is not known yet: it decides
 * whether ssh is told of a key file.  A few calls per stack, the answers are kept.
 */
void fleet_probe_keys(struct api *api, struct fleet *fleet, struct deadline until);

/* Give every server and role its alias. */
void fleet_assign_aliases(struct fleet *fleet);

/* Keep it: the inventory, the routes of roles, and those of servers as far as there
 * are any; others go.  Lease and network of a route stay. */
int fleet_store(const struct fleet *fleet, const struct config *config,
                struct error *err);

/*
 * The fleet from the cache; where there is none, or it is not newer than newer_than
 * (seconds since the epoch), from the API, once for any number of processes at a time.
 * Then it is kept, where there was none or sync_profile_may_replace() says so.
 */
struct fleet_query {
	const struct config *config;
	int64_t newer_than;
	struct api *
		*api; /* to be used; opened where *api is NULL; NULL: one of its own */
	const struct inventory_watch *watch; /* or NULL */
};
int fleet_get(const struct fleet_query *order, struct fleet *fleet, struct deadline until,
              struct error *err);

/* fleet_get() with nothing but these two. */
int fleet_load(const struct config *config, int64_t newer_than, struct fleet *fleet,
               struct deadline until, struct error *err);

/* Write the route of one server or role. */
struct role;
struct server;
struct stack;
int fleet_write_server_route(const struct server *server, const struct config *config,
                             struct error *err);
int fleet_write_role_route(const struct stack *stack, const struct role *role,
                           struct error *err);

/* The key file for a server, absolute, that ssh is told of; NULL: the user's own
 * keys.  The caller frees it. */
char *server_identity(const struct server *server, const struct config *config);

/* Does that file come from the API? */
bool server_identity_is_ours(const struct server *server);

#endif
