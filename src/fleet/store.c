/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloud66/api.h"
#include "fleet/alias.h"
#include "fleet/aliastext.h"
#include "fleet/host.h"
#include "fleet/hostkeynames.h"
#include "fleet/inventory.h"
#include "fleet/keptnames.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/store.h"
#include "route/names.h"
#include "route/routefile.h"
#include "runtime/config.h"
#include "runtime/lock.h"

int fleet_fetch(struct api *api, const struct fleet_query *query, struct fleet *fleet,
                struct deadline until, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct fleet own = FLEET_INIT;
	struct fleet *before = query->before != NULL ? query->before : &own;
	struct login login;

	if (inventory_fetch(api, &query->config->stacks, query->watch, fleet, until,
	                    err) == -1)
		return -1;
	if (inventory_load(before, &ignored) == INVENTORY_READ)
		inventory_carry_over(fleet, before);
	fleet_release(&own);
	sync_login_get(query->config, &login);
	fleet->profile = xstrdup(api_profile(api));
	fleet->org = xstrdup_or_null(login.org);
	sync_login_release(&login);
	return fleet_assign_aliases(fleet, false, err);
}

bool fleet_reuse(const struct config *config, int64_t since_ms, struct fleet *fleet)
{
	struct error ignored = ERROR_INIT;

	if (config->stacks.count == 0 && sync_login_is_stored(config) &&
	    inventory_fetched_ms() >= since_ms && /* cheap */
	    inventory_load(fleet, &ignored) == INVENTORY_READ &&
	    fleet->fetched_ms >= since_ms && fleet->other_count == 0)
		return true;
	fleet_release(fleet);
	return false;
}

/* ---- routes ---- */

/* Write the route, with the lease of the one that is there if it has the same address. */
static int write_route(struct route *route, struct error *err)
{
	struct route old;
	int rc = routefile_read(route->target, &old, err);

	if (rc == -1)
		return -1;
	if (rc == 1 && route->address != NULL && old.address != NULL &&
	    strcmp(route->address, old.address) == 0) {
		route->lease_made = old.lease_made;
		route->lease_until = old.lease_until;
		route->lease_network = old.lease_network;
		old.lease_network = NULL;
	}
	routefile_release(&old);
	return routefile_write(route, err);
}

char *fleet_apn_name(const struct server *server, const struct config *config)
{
	char *name = aliastext_slug(server->name);
	bool is_used = name[0] != '\0' &&
	               config_apn(config, server->stack_name, server->stack_uid);
	char *apn = is_used ? xasprintf("%s.apn", name) : NULL;

	free(name);
	return apn;
}

static int write_server_route(const struct server *s, const struct config *config,
                              struct error *err)
{
	struct route route = {
		.target = xstrdup(s->uid),
		.alias = xstrdup(s->alias),
		.second_alias = xstrdup_or_null(s->second_alias),
		.stack_uid = xstrdup(s->stack_uid),
		.address = xstrdup(s->address),
		.user = xstrdup(s->user),
		.gateway = xstrdup_or_null(s->gateway),
		.apn = fleet_apn_name(s, config),
		.identity =
			server_identity_is_ours(s) ? server_identity(s, config) : NULL,
	};
	int rc = write_route(&route, err);

	routefile_release(&route);
	return rc;
}

int fleet_write_route_as(const struct host *host, const char *target, const char *alias,
                         struct error *err)
{
	struct server **servers;
	size_t count = host_servers(host, &servers);
	struct route route = {
		.target = xstrdup(target),
		.alias = xstrdup(alias),
		.second_alias = xstrdup_or_null(strcmp(alias, host_alias(host)) == 0 ?
		                                        host_second_alias(host) :
		                                        host_alias(host)),
		.stack_uid = xstrdup(host->stack->uid),
		.user = xstrdup(servers[0]->user),
	};
	int rc;

	for (size_t i = 0; i < count; i++)
		strvec_push(&route.servers, servers[i]->uid);
	rc = write_route(&route, err);
	routefile_release(&route);
	free(servers);
	return rc;
}

int fleet_write_route(const struct host *host, const struct config *config,
                      struct error *err)
{
	char *target;
	int rc;

	if (host->server != NULL)
		return write_server_route(host->server, config, err);
	target = host_target(host);
	rc = fleet_write_route_as(host, target, host_alias(host), err);
	free(target);
	return rc;
}

/* Write the routes of roles, and of servers that have one: others get theirs with the
 * first connection. */
static int refresh_routes(const struct fleet *fleet, const struct config *config,
                          const struct strvec *existing, struct error *err)
{
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		if (h.server != NULL && !strvec_has_sorted(existing, h.server->uid))
			continue;
		if (fleet_write_route(&h, config, err) == -1)
			return -1;
	}
	return 0;
}

static int remove_other_routes(const struct fleet *fleet, const struct strvec *existing,
                               struct error *err)
{
	struct strvec targets = STRVEC_INIT;
	int rc = 0;

	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		char *target = host_target(&h);

		strvec_push(&targets, target);
		free(target);
	}
	strvec_sort(&targets);
	for (size_t i = 0; i < existing->count && rc == 0; i++) {
		if (!strvec_has_sorted(&targets, existing->items[i]))
			rc = routefile_remove(existing->items[i], err);
	}
	strvec_release(&targets);
	return rc;
}

/* ---- store ---- */

static int store_names(const struct fleet *fleet, struct error *err)
{
	struct strvec names = STRVEC_INIT;
	int rc;

	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		strvec_push(&names, host_alias(&h));
		if (host_second_alias(&h) != NULL)
			strvec_push(&names, host_second_alias(&h));
	}
	rc = names_write(&names, err);
	strvec_release(&names);
	return rc;
}

int fleet_store(const struct fleet *fleet, const struct config *config, struct error *err)
{
	struct strvec existing = STRVEC_INIT;
	int rc = keptnames_store(fleet, false, err);

	if (rc == 0)
		rc = routefile_list(&existing, err);
	strvec_sort(&existing);
	if (rc == 0)
		rc = refresh_routes(fleet, config, &existing, err);
	if (rc == 0)
		rc = remove_other_routes(fleet, &existing, err);
	strvec_release(&existing);
	if (rc == 0)
		rc = hostkeynames_prune(fleet, err);
	if (rc == 0)
		rc = store_names(fleet, err);
	if (rc == 0)
		rc = inventory_save(fleet, err);
	if (rc == 0 && fleet->profile != NULL)
		rc = sync_login_store(fleet->profile, fleet->org, err);
	return rc;
}

/* From the API into *fleet and the files.  is_known: there is an inventory. */
static int renew(const struct fleet_query *query, struct fleet *fleet, bool is_known,
                 struct deadline until, struct error *err)
{
	struct api *own = NULL;
	struct api **api = query->api != NULL ? query->api : &own;
	int rc = -1;

	if (*api == NULL)
		*api = api_session(query->config, until, err);
	if (*api != NULL)
		rc = fleet_fetch(*api, query, fleet, until, err);
	if (rc == 0 && (!is_known || sync_login_may_replace(fleet)))
		rc = fleet_store(fleet, query->config, err);
	api_free(own);
	return rc;
}

/* 1 when the inventory is new enough and of this login, 0 when it is to be fetched; then
 * *is_known says whether there is one. */
static int load_new_enough(const struct fleet_query *query, struct fleet *fleet,
                           bool *is_known, struct error *err)
{
	int rc = inventory_load(fleet, err);

	*is_known = rc == 1;
	if (rc == 1 && sync_login_is_stored(query->config) &&
	    fleet->fetched_ms >= query->newer_than_ms)
		return 1;
	fleet_release(fleet);
	return rc == -1 ? -1 : 0;
}

int fleet_get(const struct fleet_query *query, struct fleet *fleet, struct deadline until,
              struct error *err)
{
	bool is_known;
	int rc = load_new_enough(query, fleet, &is_known, err);
	int lock;

	/* A reader needs no lock: a sync may hold it for as long as the API is slow. */
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	lock = inventory_lock(until, err);
	if (lock == -1)
		return -1;
	/* The process that held the lock may have fetched it. */
	rc = load_new_enough(query, fleet, &is_known, err);
	if (rc == 0)
		rc = renew(query, fleet, is_known, until, err);
	lock_release(lock);
	return rc == -1 ? -1 : 0;
}

int fleet_load(const struct config *config, int64_t newer_than_ms, struct fleet *fleet,
               struct deadline until, struct error *err)
{
	return fleet_get(&(struct fleet_query){ .config = config,
	                                        .newer_than_ms = newer_than_ms },
	                 fleet, until, err);
}
