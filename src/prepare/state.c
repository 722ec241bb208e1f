/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cloud66/api.h"
#include "fleet/session.h"
#include "fleet/target.h"
#include "prepare/state.h"
#include "route/routelease.h"
#include "route/sourceaddr.h"
#include "runtime/config.h"
#include "runtime/log.h"

enum { NETWORK_MS = 500 }; /* between two looks at the source address */

void prepare_tell(const struct prepare *o, const char *line)
{
	if (!o->tell)
		return;
	(void)puts(line);
	(void)fflush(stdout);
}

int prepare_need_api(struct prepare *o, struct error *err)
{
	if (o->api == NULL)
		o->api = api_session(o->config, o->until, err);
	return o->api == NULL ? -1 : 0;
}

int prepare_refresh(struct prepare *o, struct error *err)
{
	if (prepare_need_api(o, err) == -1 ||
	    target_refresh(o->api, o->config, &o->route, o->until, err) == -1)
		return -1;
	routefile_release(&o->route);
	return routefile_read(o->target, &o->route, err) == 1 ? 0 : -1;
}

static bool lease_serves(const struct prepare *o)
{
	return sourceaddr_lease_state(&o->route, routelease_now()) == LEASE_VALID &&
	       (!o->refresh || o->route.lease_made >= o->started);
}

/* Behind a bastion no lease is needed: the connection comes from the bastion. */
static int without(struct prepare *o, struct error *err)
{
	if (o->route.gateway == NULL) {
		if (err->code == ERROR_NO_HOST)
			error_hint(err, "cxssh sync");
		return error_prefix(err, "lease for %s", o->route.alias);
	}
	log_step("warning, no lease for %s: %s", o->route.alias, err->text);
	return routelease_give_up(&o->route, err);
}

void prepare_request_lease_for(struct prepare *o, const struct route *route,
                               struct error *err)
{
	o->lease_made = routelease_now();
	if (sourceaddr_of_route(route, o->network) == NULL)
		o->network[0] = '\0';
	o->lease = routelease_ask(o->api, o->config, route, o->until, err);
}

int prepare_request_lease(struct prepare *o, struct error *err)
{
	if (o->lease != NULL || lease_serves(o))
		return 0;
	if (prepare_need_api(o, err) == -1)
		return o->route.gateway == NULL ? -1 : without(o, err);
	prepare_request_lease_for(o, &o->route, err);
	return o->lease == NULL ? without(o, err) : 0;
}

int prepare_note_lease(struct prepare *o, struct error *err)
{
	api_lease_leave(o->lease);
	o->lease = NULL;
	return routelease_note(o->config, &o->route, o->lease_made,
	                       o->network[0] != '\0' ? o->network : NULL, err);
}

/* Has the source address changed since the lease was requested? */
static bool has_moved(const struct prepare *o)
{
	char now[SOURCEADDR_SIZE];

	return o->network[0] != '\0' && sourceaddr_of_route(&o->route, now) != NULL &&
	       strcmp(now, o->network) != 0;
}

int prepare_await_lease(struct prepare *o, struct error *err)
{
	struct api_lease_request *lease = o->lease;

	if (lease == NULL)
		return 0;
	while (api_lease_state(lease) < API_LEASE_DONE && !o->moved) {
		api_turn(o->api, o->until, NULL, 0, NETWORK_MS);
		o->moved = has_moved(o);
	}
	if (api_lease_state(lease) == API_LEASE_DONE)
		return prepare_note_lease(o, err);
	o->lease = NULL;
	if (o->moved) {
		api_lease_leave(lease);
		error_set(err, ERROR_RETRY, "the network has changed meanwhile");
	} else {
		(void)api_lease_wait(lease, err);
	}
	return without(o, err);
}
