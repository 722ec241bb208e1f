/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "broker/client.h"
#include "cloud66/api.h"
#include "connect/server.h"
#include "fleet/inventory.h"
#include "fleet/keptnames.h"
#include "fleet/model.h"
#include "fleet/store.h"
#include "fleet/target.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/verify.h"
#include "keys/agentadd.h"
#include "keys/agentidentity.h"
#include "keys/identity.h"
#include "prepare/failurecache.h"
#include "prepare/learnhostkey.h"
#include "prepare/letin.h"
#include "prepare/steps.h"
#include "route/routefile.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/waiting.h"
#include "sshconfig/write.h"

/* ---- key, lease, host key ---- */

/*
 * The API gave no key: write the configuration anew, without one.  The ssh that waits has
 * read the old one, and is told to connect again.
 */
static int note_keyless(struct prepare *o, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct server *server;
	bool changed = false;
	int rc = inventory_load(&fleet, err) == 1 ? 0 : -1;

	if (rc == 0 && (server = fleet_server(&fleet, o->target, NULL)) != NULL) {
		server->key = KEY_NONE;
		rc = fleet_store(&fleet, o->config, err);
		if (rc == 0)
			rc = sshconfig_write(&fleet, o->config, &changed, err);
	}
	fleet_release(&fleet);
	free(o->route.identity);
	o->route.identity = NULL;
	if (rc == -1 || !changed)
		return rc;
	return error_set(err, ERROR_RETRY,
	                 "the API has no ssh key for %s; your own keys will be used from "
	                 "now on: connect again",
	                 o->route.alias);
}

/* The configuration does not name a FILE.pub that is missing; from now on it is there. */
static void name_public_key(const struct prepare *o)
{
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;

	if (inventory_load(&fleet, &ignored) == 1)
		(void)sshconfig_write(&fleet, o->config, NULL, &ignored);
	fleet_release(&fleet);
}

static int fetch_key(struct prepare *o, struct error *err)
{
	bool named;
	int rc;
	struct identity_request wanted = { .identity = o->route.identity,
		                           .stack_uid = o->route.stack_uid,
		                           .server_uid = o->target,
		                           .lifetime_s = config_key_lifetime(o->config) };

	if (!agentidentity_is_one(o->route.identity))
		return identity_fetch(o->api, &wanted, o->until, err);
	named = agentidentity_renewal(o->route.identity) != 0;
	rc = agentadd_fetch(o->api, &wanted, o->until, err);
	if (rc == IDENTITY_READY && !named)
		name_public_key(o);
	return rc;
}

static int ensure_key(struct prepare *o, struct error *err)
{
	const char *identity = o->route.identity;
	int rc;

	if (identity != NULL && !agentidentity_is_one(identity) &&
	    identity_check(identity, err) == -1)
		return -1;
	if (connect_has_key(&o->route, o->until))
		return 0;
	if (prepare_need_api(o, err) == -1)
		return -1;
	rc = fetch_key(o, err);
	o->api_failed = rc == -1;
	if (rc == -1)
		error_prefix(err, "%s (%s)", o->route.alias, o->route.address);
	return rc == 0 ? note_keyless(o, err) : rc == 1 ? 0 : -1;
}

/* A connection proves the lease, whatever the API still does. */
static int learn(struct prepare *o, struct error *err)
{
	if (learn_host_key(o, err) == -1)
		return -1;
	if (o->lease != NULL)
		prepare_note_lease(o);
	return 0;
}

static int ensure_host_key(struct prepare *o, struct error *err)
{
	struct strvec names = STRVEC_INIT;
	int rc;

	learn_host_key_names(o, &names);
	rc = hostkey_add_names(&names, o->until, err);
	if (rc != -1)
		rc = rc == 1 ? prepare_await_lease(o, err) : learn(o, err);
	strvec_release(&names);
	return rc;
}

/* ---- the target ---- */

/* Is something missing that the private network of the stack can give without a lease?
 * Where nothing is, cxssh-proxy has not reached the server by it. */
static bool can_use_apn(const struct prepare *o)
{
	struct strvec names = STRVEC_INIT;
	bool known;

	if (o->route.apn == NULL || o->refresh)
		return false;
	learn_host_key_names(o, &names);
	known = hostkey_is_listed(&names);
	strvec_release(&names);
	return !known || !connect_has_key(&o->route, o->until);
}

/* The lease takes longest, so it is requested first; the key is fetched meanwhile. */
static int open_server(struct prepare *o, struct error *err)
{
	if (o->locate)
		return prepare_refresh(o, err);
	if (o->refresh && o->route.lease_made < o->started_ms / 1000 &&
	    prepare_refresh(o, err) == -1)
		return -1;
	if (o->route.gateway != NULL)
		broker_start_ahead(o->route.gateway);
	o->by_apn = can_use_apn(o);
	if ((!o->by_apn && prepare_request_lease(o, err) == -1) ||
	    ensure_key(o, err) == -1 || ensure_host_key(o, err) == -1)
		return -1;
	if (o->refresh && o->route.gateway == NULL)
		letin_tell(o);
	return 0;
}

/* The API names the server: request its lease while the rest of the list is read. */
static void on_server(const struct server *server, void *cookie)
{
	struct prepare *o = cookie;
	struct error ignored = ERROR_INIT;
	struct route route = { .target = server->uid,
		               .stack_uid = server->stack_uid,
		               .address = server->address,
		               .gateway = server->gateway };

	if (strcmp(server->uid, o->target) != 0 || o->lease != NULL ||
	    config_apn(o->config, server->stack_name, server->stack_uid))
		return;
	if (route.gateway != NULL)
		broker_start_ahead(route.gateway);
	prepare_request_lease_for(o, &route, &ignored);
}

/* Have the route written, by what the API says of the target and its alias. */
static int search_route(struct prepare *o, struct error *err)
{
	struct inventory_watch watch = { .seen = on_server, .cookie = o };
	struct keptnames kept = KEPTNAMES_INIT;
	struct error ignored = ERROR_INIT;
	struct strbuf generated = STRBUF_INIT;
	struct target_search search = { .config = o->config,
		                        .target = o->target,
		                        .newer_than_ms = o->started_ms,
		                        .api = &o->api,
		                        .watch = &watch };
	char *alias;
	int rc;

	sshconfig_read(&generated);
	search.alias = alias = sshconfig_alias_of(generated.data, o->target);
	strbuf_release(&generated);
	if (keptnames_load(&kept, &ignored) == 0)
		watch.first_stack =
			keptnames_owner(&kept, alias != NULL ? alias : o->target);
	rc = target_find(&search, o->until, err);
	keptnames_release(&kept);
	free(alias);
	return rc;
}

static int find_route(struct prepare *o, struct error *err)
{
	int rc = routefile_read(o->target, &o->route, err);

	if (rc == 0) {
		o->api_failed = search_route(o, err) == -1;
		rc = o->api_failed ? -1 : routefile_read(o->target, &o->route, err);
	}
	return rc == 1 ? 0 : -1;
}

/* The servers of a role are prepared one by one, by the proxies that connect to them. */
static int open_target(struct prepare *o, struct error *err)
{
	if (find_route(o, err) == -1)
		return -1;
	if (routefile_has_servers(&o->route))
		return o->refresh ? prepare_refresh(o, err) : 0;
	return open_server(o, err);
}

int prepare_target(struct prepare *o, struct error *err)
{
	int64_t began_ms = deadline_wall_ms();
	int lock = routefile_lock(o->target, o->until, err);
	int rc = -1;

	if (lock == -1)
		return -1;
	if (!failcache_get(o->target, began_ms, o->until, err)) {
		rc = open_target(o, err);
		if (rc == -1 && !o->moved)
			failcache_put(o->target, err, o->until);
	}
	lock_release(lock);
	waiting_end();
	return rc;
}

void prepare_release(struct prepare *o)
{
	routefile_release(&o->route);
	api_lease_leave(o->lease);
	api_free(o->api);
}
