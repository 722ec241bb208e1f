/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "fleet/alias.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/selection.h"
#include "fleet/store.h"
#include "fleet/target.h"
#include "route/routefile.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/paths.h"

/* Under the name that ssh uses: target is an alias, or "UID", or "STACK_UID.ROLE". */
static int write_route(const struct host *found, const char *target,
                       const struct config *config, struct error *err)
{
	return strcmp(target, host_alias(found)) == 0 ?
	               fleet_write_alias_route(found, err) :
	               fleet_write_route(found, config, err);
}

int target_find(const struct target_search *search, struct deadline until,
                struct error *err)
{
	struct fleet_query query = { .config = search->config,
		                     .api = search->api,
		                     .watch = search->watch };
	struct fleet fleet = FLEET_INIT;
	struct host found;
	int rc = -1;

	for (int attempt = 0; attempt < 2; attempt++) {
		fleet_release(&fleet);
		query.newer_than = attempt == 0 ? 0 : search->newer_than;
		if (fleet_get(&query, &fleet, until, err) == -1)
			goto out;
		if (selection_by_alias(&fleet, search->target, &found)) {
			rc = write_route(&found, search->target, search->config, err);
			goto out;
		}
	}
	selection_unknown(&fleet, search->target, err);
out:
	fleet_release(&fleet);
	return rc;
}

enum refreshed { STACK_UNKNOWN = 0, STACK_REFRESHED = 1 };

/* Fetch the stack of server anew.  STACK_UNKNOWN: the inventory has no such server. */
static int refresh_stack(struct api *api, const struct config *config, const char *server,
                         struct fleet *fleet, struct deadline until, struct error *err)
{
	struct stack *stack;
	int rc = inventory_load(fleet, err);

	if (rc != 1 || fleet_server(fleet, server, &stack) == NULL)
		return rc == -1 ? -1 : STACK_UNKNOWN;
	if (inventory_refresh_stack(api, fleet, stack->uid, until, err) == -1)
		return -1;
	if (fleet_server(fleet, server, NULL) == NULL)
		return STACK_REFRESHED; /* its route stays, for the message */
	alias_assign(fleet);
	return fleet_store(fleet, config, err) == -1 ? -1 : STACK_REFRESHED;
}

int target_refresh(struct api *api, const struct config *config,
                   const struct route *route, struct deadline until, struct error *err)
{
	int64_t began = time(NULL);
	struct fleet fleet = FLEET_INIT;
	char *path = paths_cache("lock/inventory");
	int lock = lock_take(path, until, err);
	int rc = lock != -1 ?
	                 refresh_stack(api, config, route->target, &fleet, until, err) :
	                 -1;

	free(path);
	lock_release(lock);
	if (rc == STACK_UNKNOWN) {
		fleet_release(&fleet);
		rc = fleet_load(config, began, &fleet, until, err);
	}
	if (rc != -1 && fleet_server(&fleet, route->target, NULL) == NULL) {
		rc = error_set(err, ERROR_NO_HOST, "%s is gone from its stack",
		               route->alias);
		error_hint(err, "cxssh sync");
	}
	fleet_release(&fleet);
	return rc == -1 ? -1 : 0;
}
