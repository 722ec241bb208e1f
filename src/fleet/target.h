/* SPDX-License-Identifier: MIT */
/*
 * target.h - the route of a target that has none yet, or of a server that is not at its
 * address any more.
 *
 * Both functions block for the inventory lock and the API, until the deadline at most.
 * Errors as store.h, and ERROR_NO_HOST.
 */
#ifndef FLEET_TARGET_H
#define FLEET_TARGET_H

#include <stdint.h>

#include "base/deadline.h"

struct api;
struct config;
struct error;
struct inventory_watch;
struct route;

/*
 * Write the route of target, a uid, a role or an alias.  It is looked up in the inventory
 * file, and then at the API: an alias in the stacks that it may belong to, once a minute;
 * the rest in an inventory fetched since newer_than_ms (since the epoch).
 *
 * A server that is gone and whose alias belongs to another one now leads there, and its
 * host key loses the name of the old uid.  ERROR_NO_HOST names the nearest hosts;
 * ERROR_RETRY is for a server without an address yet.
 */
struct target_search {
	const struct config *config;
	const char *target;
	const char *alias; /* in ssh_config, where target is a server's uid; or NULL */
	int64_t newer_than_ms;
	struct api **api;                    /* as in fleet_query */
	const struct inventory_watch *watch; /* likewise */
};
int target_find(const struct target_search *search, struct deadline until,
                struct error *err);

/*
 * Ask the API again for the stack of this route's server or role, and write its routes
 * anew.  ERROR_NO_HOST when the server is gone, ERROR_RETRY
 * when it has no address; where its alias belongs to another one
 * now, its route leads there.
 */
int target_refresh(struct api *api, const struct config *config,
                   const struct route *route, struct deadline until, struct error *err);

#endif
