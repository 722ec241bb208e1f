/* SPDX-License-Identifier: MIT */
/*
 * target.h - where what ssh asks for is: the route of a target that has none yet, or
 * of a server whose route no longer leads there.
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
 * Write the route of target, a uid, a role or an alias.  It is looked up in the cache
 * first, and then in a fleet that is fetched after newer_than (seconds since the epoch):
 * the target may be new.  ERROR_NO_HOST names the nearest hosts.
 */
struct target_search {
	const struct config *config;
	const char *target;
	int64_t newer_than;
	struct api **api;                    /* as in fleet_query */
	const struct inventory_watch *watch; /* likewise */
};
int target_find(const struct target_search *search, struct deadline until,
                struct error *err);

/*
 * Ask the API again where the server of this route is, and write the routes of its
 * stack anew.  ERROR_NO_HOST when it is gone.
 */
int target_refresh(struct api *api, const struct config *config,
                   const struct route *route, struct deadline until, struct error *err);

#endif
