/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloud66/api.h"
#include "fleet/alias.h"
#include "fleet/hostkeynames.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/refresh.h"
#include "keys/identity.h"
#include "route/routefile.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"

/*
 * Keys are a stack's, so the first servers speak for the rest: a few in a small
 * fleet, one in a large one, for the API counts calls by the hour.
 */
enum { SMALL_FLEET = 200, PROBES_SMALL = 10, PROBES_LARGE = 1 };

struct api *api_session(const struct config *config, struct deadline until,
                        struct error *err)
{
	return api_session_with_token(config, NULL, until, err);
}

struct api *api_session_with_token(const struct config *config, const char *token,
                                   struct deadline until, struct error *err)
{
	char *profile = sync_profile_get(config);
	struct api *api =
		api_open(&(struct api_config){ .profile = profile,
	                                       .any_family = strcmp(config->from_ip,
	                                                            "AUTO") != 0,
	                                       .token = token },
	                 until, err);

	free(profile);
	return api;
}

/* ---- names ---- */

static void name_stack(const struct stack *s, struct alias_stack *a)
{
	*a = (struct alias_stack){
		.name = s->name,
		.environment = s->environment,
		.uid = s->uid,
		.servers = xcalloc(s->server_count + 1, sizeof(*a->servers)),
		.server_count = s->server_count,
		.roles = xcalloc(s->role_count + 1, sizeof(*a->roles)),
		.role_count = s->role_count,
	};
	for (size_t i = 0; i < s->server_count; i++) {
		a->servers[i].name = s->servers[i].name;
		a->servers[i].uid = s->servers[i].uid;
	}
	for (size_t i = 0; i < s->role_count; i++)
		a->roles[i].name = s->roles[i].name;
}

static void take_names(struct stack *s, struct alias_stack *a)
{
	for (size_t i = 0; i < s->server_count; i++) {
		free(s->servers[i].alias);
		s->servers[i].alias = xstrdup(a->servers[i].alias);
	}
	for (size_t i = 0; i < s->role_count; i++) {
		free(s->roles[i].alias);
		s->roles[i].alias = xstrdup(a->roles[i].alias);
	}
	free(a->servers);
	free(a->roles);
}

void fleet_assign_aliases(struct fleet *fleet)
{
	size_t count = fleet->stack_count + fleet->other_count;
	struct alias_stack *stacks = xcalloc(count + 1, sizeof(*stacks));

	for (size_t i = 0; i < fleet->stack_count; i++)
		name_stack(&fleet->stacks[i], &stacks[i]);
	/* A name means the same stack, whichever of them are wanted today. */
	for (size_t i = fleet->stack_count; i < count; i++) {
		const struct stack *other = &fleet->others[i - fleet->stack_count];

		stacks[i] = (struct alias_stack){ .name = other->name,
			                          .environment = other->environment,
			                          .uid = other->uid };
	}
	alias_assign(stacks, count);
	for (size_t i = 0; i < fleet->stack_count; i++)
		take_names(&fleet->stacks[i], &stacks[i]);
	free(stacks);
}

/* ---- keys ---- */

static size_t probes_per_stack(const struct fleet *fleet)
{
	size_t servers = 0;

	for (size_t i = 0; i < fleet->stack_count; i++)
		servers += fleet->stacks[i].server_count;
	return servers <= SMALL_FLEET ? PROBES_SMALL : PROBES_LARGE;
}

/* Servers that nobody was asked about yet: the first few of every stack. */
static size_t unknown_keys(const struct fleet *fleet, struct api_key_probe **probes)
{
	size_t per_stack = probes_per_stack(fleet);
	size_t n = 0;

	*probes = xcalloc(fleet->stack_count * per_stack + 1, sizeof(**probes));
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count && k < per_stack; k++) {
			if (s->servers[k].key == KEY_UNKNOWN)
				(*probes)[n++] = (struct api_key_probe){
					.stack_uid = s->servers[k].stack_uid,
					.server_uid = s->servers[k].uid,
					.answer = -1,
				};
		}
	}
	return n;
}

/* The rest of a stack is as its first server is. */
static void spread_answers(struct fleet *fleet)
{
	size_t per_stack = probes_per_stack(fleet);

	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		for (size_t k = per_stack; k < s->server_count; k++) {
			if (s->servers[k].key == KEY_UNKNOWN)
				s->servers[k].key = s->servers[0].key;
		}
	}
}

void fleet_probe_keys(struct api *api, struct fleet *fleet, struct deadline until)
{
	struct api_key_probe *probes;
	size_t count = unknown_keys(fleet, &probes);

	if (count > 0)
		api_probe_keys(api, probes, count, until);
	for (size_t i = 0; i < count; i++) {
		struct server *s = fleet_server(fleet, probes[i].server_uid, NULL);

		if (s != NULL && probes[i].answer != -1)
			s->key = probes[i].answer == 1 ? KEY_FROM_API : KEY_NONE;
	}
	free(probes);
	spread_answers(fleet);
}

bool server_identity_is_ours(const struct server *server)
{
	return server->key != KEY_NONE;
}

char *server_identity(const struct server *server, const struct config *config)
{
	char *path;

	if (server_identity_is_ours(server)) {
		path = identity_path(server->stack_uid, server->personal_key);
		if (config->keys_in_agent) {
			char *public =
				xasprintf("%s.pub", path); /* see keys/agentidentity.h */

			free(path);
			path = public;
		}
		return path;
	}
	return config->identity != NULL ? xstrdup(config->identity) : NULL;
}

/* ---- fetching ---- */

int fleet_fetch(struct api *api, const struct config *config,
                const struct inventory_watch *watch, struct fleet *fleet,
                struct deadline until, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct fleet before = FLEET_INIT;

	if (inventory_fetch(api, &config->stacks, watch, fleet, until, err) == -1)
		return -1;
	if (inventory_load(&before, &ignored) == 1)
		inventory_carry_over(fleet, &before);
	fleet_release(&before);
	fleet->profile = xstrdup(api_profile(api));
	fleet_assign_aliases(fleet);
	return 0;
}

/* ---- routes ---- */

/* What the file says already, but for the lease, which is not ours to touch. */
static bool same_way(const struct route *a, const struct route *b)
{
	const char *const left[] = { a->alias, a->stack_uid, a->address,
		                     a->user,  a->gateway,   a->identity };
	const char *const right[] = { b->alias, b->stack_uid, b->address,
		                      b->user,  b->gateway,   b->identity };

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		if ((left[i] == NULL) != (right[i] == NULL) ||
		    (left[i] != NULL && strcmp(left[i], right[i]) != 0))
			return false;
	}
	if (a->servers.count != b->servers.count)
		return false;
	for (size_t i = 0; i < a->servers.count; i++) {
		if (strcmp(a->servers.items[i], b->servers.items[i]) != 0)
			return false;
	}
	return true;
}

static int write_route(struct route *route, struct error *err)
{
	struct route old;
	int rc = routefile_read(route->target, &old, err);

	if (rc == -1)
		return -1;
	if (rc == 1 && same_way(route, &old)) {
		routefile_release(&old);
		return 0;
	}
	if (rc == 1 && route->address != NULL && old.address != NULL &&
	    strcmp(route->address, old.address) == 0) {
		route->lease_made = old.lease_made;
		route->lease_until = old.lease_until;
		route->lease_network = old.lease_network;
		old.lease_network = NULL;
	}
	routefile_release(&old);
	return routefile_write(route, NULL, err);
}

static char *copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

int fleet_write_server_route(const struct server *s, const struct config *config,
                             struct error *err)
{
	struct route route = {
		.target = xstrdup(s->uid),
		.alias = xstrdup(s->alias),
		.stack_uid = xstrdup(s->stack_uid),
		.address = xstrdup(s->address),
		.user = xstrdup(s->user),
		.gateway = copy(s->gateway),
		.identity =
			server_identity_is_ours(s) ? server_identity(s, config) : NULL,
	};
	int rc = write_route(&route, err);

	routefile_release(&route);
	return rc;
}

int fleet_write_role_route(const struct stack *stack, const struct role *role,
                           struct error *err)
{
	struct server **servers;
	size_t count = role_servers(stack, role->name, &servers);
	struct route route = {
		.target = role_target(stack, role),
		.alias = xstrdup(role->alias),
		.stack_uid = xstrdup(stack->uid),
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

/* What a route may lead to. */
static void push_targets(const struct fleet *fleet, struct strvec *targets)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++)
			strvec_push(targets, s->servers[k].uid);
		for (size_t k = 0; k < s->role_count; k++)
			strvec_pushf(targets, "%s.%s", s->uid, s->roles[k].name);
	}
	strvec_sort(targets);
}

/* Roles are few; servers get a route when somebody goes there. */
static int refresh_routes(const struct fleet *fleet, const struct config *config,
                          const struct strvec *there, struct error *err)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++) {
			if (strvec_has_sorted(there, s->servers[k].uid) &&
			    fleet_write_server_route(&s->servers[k], config, err) == -1)
				return -1;
		}
		for (size_t k = 0; k < s->role_count; k++) {
			if (fleet_write_role_route(s, &s->roles[k], err) == -1)
				return -1;
		}
	}
	return 0;
}

int fleet_store(const struct fleet *fleet, const struct config *config, struct error *err)
{
	struct strvec there = STRVEC_INIT;
	struct strvec wanted = STRVEC_INIT;
	int rc = routefile_list(&there, err);

	strvec_sort(&there);
	push_targets(fleet, &wanted);
	if (rc == 0)
		rc = refresh_routes(fleet, config, &there, err);
	for (size_t i = 0; i < there.count && rc == 0; i++) {
		if (!strvec_has_sorted(&wanted, there.items[i]))
			rc = routefile_remove(there.items[i], err);
	}
	strvec_release(&there);
	strvec_release(&wanted);
	if (rc == 0)
		rc = hostkeynames_prune(fleet, err);
	if (rc == 0)
		rc = inventory_save(fleet, err);
	return rc == 0 && fleet->profile != NULL ?
	               sync_profile_store(fleet->profile, err) :
	               rc;
}

/* From the API into *fleet and our files.  is_known: there is an inventory. */
static int renew(const struct fleet_query *order, struct fleet *fleet, bool is_known,
                 struct deadline until, struct error *err)
{
	struct api *own = NULL;
	struct api **api = order->api != NULL ? order->api : &own;
	int rc = -1;

	if (*api == NULL)
		*api = api_session(order->config, until, err);
	if (*api != NULL)
		rc = fleet_fetch(*api, order->config, order->watch, fleet, until, err);
	if (rc == 0 && (!is_known || sync_profile_may_replace(fleet)))
		rc = fleet_store(fleet, order->config, err);
	api_free(own);
	return rc;
}

int fleet_get(const struct fleet_query *order, struct fleet *fleet, struct deadline until,
              struct error *err)
{
	char *path = paths_cache("lock/inventory");
	int lock = lock_take(path, until, err);
	int rc = -1;

	free(path);
	if (lock == -1)
		return -1;
	rc = inventory_load(fleet, err);
	if (rc == 1 && fleet->fetched_at >= order->newer_than) {
		rc = 0; /* it was there, or whoever we waited for has just fetched it */
	} else if (rc != -1) {
		fleet_release(fleet);
		rc = renew(order, fleet, rc == 1, until, err);
	}
	lock_release(lock);
	return rc;
}

int fleet_load(const struct config *config, int64_t newer_than, struct fleet *fleet,
               struct deadline until, struct error *err)
{
	return fleet_get(&(struct fleet_query){ .config = config,
	                                        .newer_than = newer_than },
	                 fleet, until, err);
}
