/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strvec.h"
#include "cloud66/api.h"
#include "fleet/alias.h"
#include "fleet/host.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/selection.h"
#include "fleet/store.h"
#include "fleet/target.h"
#include "fleet/unaddressed.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/knownhostsedit.h"
#include "route/routefile.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/log.h"

/* Under the name that ssh uses: target is a name of the host, or "UID", or
 * "STACK_UID.ROLE". */
static int write_route(const struct host *found, const char *target,
                       const struct config *config, struct error *err)
{
	char *own = host_target(found);
	bool is_own = strcmp(own, target) == 0;

	free(own);
	return is_own ? fleet_write_route(found, config, err) :
	                fleet_write_route_as(found, target, target, err);
}

/* ---- names that the inventory does not have ---- */

/* Does name begin as the aliases of stack do? */
static bool begins(const char *name, const char *prefix)
{
	size_t len = prefix != NULL ? strlen(prefix) : 0;

	return len > 0 && strncmp(name, prefix, len) == 0 && name[len] == '-';
}

static bool has_prefix(const struct stack *stack, const char *name)
{
	return begins(name, stack->prefix) || begins(name, stack->second_prefix);
}

static bool is_of_a_stack(const struct fleet *fleet, const char *name)
{
	bool is = false;

	for (size_t i = 0; i < fleet->stack_count; i++)
		is = is || has_prefix(&fleet->stacks[i], name);
	return is;
}

/* Fetch one stack anew.  A stack without any server may be an error of the API: what is
 * there stays until a sync. */
static int fetch_stack(struct api *api, struct fleet *fleet, const struct stack *stack,
                       struct deadline until, struct error *err)
{
	size_t before = stack->server_count;
	char *uid = xstrdup(stack->uid);
	int rc = inventory_refresh_stack(api, fleet, uid, until, err);

	free(uid);
	if (rc == 0 && before > 0 && stack->server_count == 0)
		rc = error_set(err, ERROR_NO_HOST,
		               "the API names no server of %s any more; run: cxssh sync",
		               stack->name);
	return rc;
}

/* Fetch the stacks whose aliases begin as name does. */
static int fetch_stacks_of(const struct target_search *search, struct fleet *fleet,
                           struct deadline until, struct error *err)
{
	struct api **api = search->api;

	if (*api == NULL)
		*api = api_session(search->config, until, err);
	if (*api == NULL)
		return -1;
	for (size_t i = 0; i < fleet->stack_count; i++) {
		if (has_prefix(&fleet->stacks[i], search->target) &&
		    fetch_stack(*api, fleet, &fleet->stacks[i], until, err) == -1)
			return -1;
	}
	if (fleet_assign_aliases(fleet, false, err) == -1)
		return -1;
	return fleet_store(fleet, search->config, err);
}

static bool has_no_address(const struct target_search *search, const struct fleet *fleet,
                           struct error *err)
{
	return unaddressed_tell(fleet->stacks, fleet->stack_count, search->target,
	                        search->alias != NULL ? search->alias : search->target,
	                        err);
}

/* With the inventory locked: another process may have fetched it meanwhile. */
static int find_name(const struct target_search *search, struct fleet *fleet,
                     struct host *found, struct deadline until, struct error *err)
{
	if (inventory_load(fleet, err) != INVENTORY_READ)
		return -1;
	if (selection_by_alias(fleet, search->target, found))
		return 0;
	/* A server without an address may have it in a moment. */
	if (!has_no_address(search, fleet, err) &&
	    routefile_is_marked(search->target, SSH_PORT, MARK_MISSING))
		return selection_unknown(fleet, search->target, err);
	if (fetch_stacks_of(search, fleet, until, err) == -1)
		return -1;
	if (selection_by_alias(fleet, search->target, found))
		return 0;
	if (has_no_address(search, fleet, err))
		return -1;
	routefile_mark(search->target, SSH_PORT, MARK_MISSING);
	return selection_unknown(fleet, search->target, err);
}

/* The name begins as the aliases of a stack do: only that stack is fetched. */
static int find_in_stacks(const struct target_search *search, struct deadline until,
                          struct error *err)
{
	int lock = inventory_lock(until, err);
	struct fleet fleet = FLEET_INIT;
	struct host found;
	int rc = -1;

	if (lock != -1 && (rc = find_name(search, &fleet, &found, until, err)) == 0)
		rc = write_route(&found, search->target, search->config, err);
	lock_release(lock);
	fleet_release(&fleet);
	return rc;
}

/* ---- a server that was replaced ---- */

/* Take the name of the old server off its host key: the new one is to have it. */
static int drop_host_key(const char *uid, struct error *err)
{
	struct knownhostsedit_owner owner = { .names = STRVEC_INIT };
	struct knownhostsedit_forgotten done;
	char *name = hostkey_alias(uid);
	int rc;

	strvec_push(&owner.names, name);
	rc = knownhostsedit_forget(&owner, &done, err);
	knownhostsedit_forgotten_release(&done);
	strvec_release(&owner.names);
	free(name);
	return rc;
}

/*
 * The API, which has just answered, has no server uid any more.  Where its alias leads to
 * another server now, let the old uid lead there too, until ssh_config is written anew:
 * true.
 */
static bool reroute(const struct fleet *fleet, const char *uid, const char *alias,
                    struct error *err)
{
	struct host found;

	if (alias == NULL || !valid_uid(uid) || fleet_server(fleet, uid, NULL) != NULL ||
	    !selection_by_alias(fleet, alias, &found) || found.server == NULL)
		return false;
	if (drop_host_key(uid, err) == -1 ||
	    fleet_write_route_as(&found, uid, host_alias(&found), err) == -1)
		return false;
	log_step("%s: server %s is gone, its alias leads to server %s now; the host key "
	         "of the old one is dropped",
	         alias, uid, found.server->uid);
	return true;
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
		query.newer_than_ms = attempt == 0 ? 0 : search->newer_than_ms;
		if (fleet_get(&query, &fleet, until, err) == -1)
			goto out;
		if (selection_by_alias(&fleet, search->target, &found)) {
			rc = write_route(&found, search->target, search->config, err);
			goto out;
		}
		if (attempt == 0 && sync_login_is_stored(search->config) &&
		    is_of_a_stack(&fleet, search->target)) {
			rc = find_in_stacks(search, until, err);
			goto out;
		}
	}
	if (reroute(&fleet, search->target, search->alias, err))
		rc = 0;
	else if (!has_no_address(search, &fleet, err))
		selection_unknown(&fleet, search->target, err);
out:
	fleet_release(&fleet);
	return rc;
}

enum refreshed { STACK_UNKNOWN = 0, STACK_REFRESHED = 1 };

/* Fetch the stack of route anew.  STACK_UNKNOWN: the inventory has no such stack. */
static int refresh_stack(struct api *api, const struct config *config,
                         const struct route *route, struct fleet *fleet,
                         struct deadline until, struct error *err)
{
	struct stack *stack = NULL;
	int rc = inventory_load(fleet, err);

	if (rc == INVENTORY_READ && routefile_is_stack_role(route))
		stack = fleet_stack(fleet, route->stack_uid);
	else if (rc == INVENTORY_READ)
		(void)fleet_server(fleet, route->target, &stack);
	if (stack == NULL)
		return rc == -1 ? -1 : STACK_UNKNOWN;
	if (fetch_stack(api, fleet, stack, until, err) == -1)
		return -1;
	if (fleet_assign_aliases(fleet, false, err) == -1)
		return -1;
	return fleet_store(fleet, config, err) == -1 ? -1 : STACK_REFRESHED;
}

int target_refresh(struct api *api, const struct config *config,
                   const struct route *route, struct deadline until, struct error *err)
{
	int64_t began_ms = deadline_wall_ms();
	struct fleet fleet = FLEET_INIT;
	int lock = inventory_lock(until, err);
	int rc = lock != -1 ? refresh_stack(api, config, route, &fleet, until, err) : -1;

	lock_release(lock);
	if (rc == STACK_UNKNOWN) {
		fleet_release(&fleet);
		rc = fleet_load(config, began_ms, &fleet, until, err);
	}
	if (rc != -1 && !routefile_has_servers(route) &&
	    fleet_server(&fleet, route->target, NULL) == NULL) {
		(void)reroute(&fleet, route->target, route->alias, err);
		rc = -1;
		if (!unaddressed_tell(fleet.stacks, fleet.stack_count, route->target,
		                      route->alias, err))
			error_set(err, ERROR_NO_HOST,
			          "%s is gone from its stack; run: cxssh sync",
			          route->alias);
	}
	fleet_release(&fleet);
	return rc == -1 ? -1 : 0;
}
