/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/refresh.h"
#include "fleet/selection.h"
#include "fleet/target.h"
#include "route/routefile.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/paths.h"

/* An alias becomes a route of its own that leads to the real one. */
static int route_alias(const char *name, const struct selection *found, struct error *err)
{
	struct route route = { .target = xstrdup(name),
		               .alias = xstrdup(name),
		               .stack_uid = xstrdup(found->stack->uid) };
	struct server **servers;
	int rc;

	if (found->server != NULL) {
		route.user = xstrdup(found->server->user);
		strvec_push(&route.servers, found->server->uid);
	} else {
		size_t count = role_servers(found->stack, found->role->name, &servers);

		route.user = xstrdup(servers[0]->user);
		for (size_t i = 0; i < count; i++)
			strvec_push(&route.servers, servers[i]->uid);
		free(servers);
	}
	rc = routefile_write(&route, NULL, err);
	routefile_release(&route);
	return rc;
}

static int keep_route(const struct selection *found, const char *target,
                      const struct config *config, struct error *err)
{
	const char *alias =
		found->server != NULL ? found->server->alias : found->role->alias;

	if (strcmp(target, alias) == 0)
		return route_alias(target, found, err);
	return found->server != NULL ?
	               fleet_write_server_route(found->server, config, err) :
	               fleet_write_role_route(found->stack, found->role, err);
}

int target_find(const struct target_search *search, struct deadline until,
                struct error *err)
{
	struct fleet_query order = { .config = search->config,
		                     .api = search->api,
		                     .watch = search->watch };
	struct fleet fleet = FLEET_INIT;
	struct selection found;
	int rc = -1;

	for (int attempt = 0; attempt < 2; attempt++) {
		fleet_release(&fleet);
		order.newer_than = attempt == 0 ? 0 : search->newer_than;
		if (fleet_get(&order, &fleet, until, err) == -1)
			goto out;
		if (selection_by_alias(&fleet, search->target, &found) == 1) {
			rc = keep_route(&found, search->target, search->config, err);
			goto out;
		}
	}
	selection_unknown(&fleet, search->target, err);
out:
	fleet_release(&fleet);
	return rc;
}

/* 1: the server's stack is fetched anew, 0: the cache does not know which it is. */
static int refresh_stack(struct api *api, const struct config *config, const char *server,
                         struct fleet *fleet, struct deadline until, struct error *err)
{
	struct stack *stack;
	int rc = inventory_load(fleet, err);

	if (rc != 1 || fleet_server(fleet, server, &stack) == NULL)
		return rc == -1 ? -1 : 0;
	if (inventory_refresh_stack(api, fleet, stack->uid, until, err) == -1)
		return -1;
	if (fleet_server(fleet, server, NULL) == NULL)
		return 1; /* its route stays, so that it can be called by its name */
	fleet_assign_aliases(fleet);
	return fleet_store(fleet, config, err) == -1 ? -1 : 1;
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
	if (rc == 0) {
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
