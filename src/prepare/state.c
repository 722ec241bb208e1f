/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cloud66/api.h"
#include "connect/helper.h"
#include "connect/race.h"
#include "fleet/owner.h"
#include "fleet/target.h"
#include "prepare/state.h"
#include "route/leaselimit.h"
#include "route/routelease.h"
#include "route/sourceaddr.h"
#include "runtime/config.h"
#include "runtime/log.h"

enum { NETWORK_MS = 500 }; /* between two looks at the source address */

void prepare_tell(const struct prepare *o, const char *line, const char *rest)
{
	if (!o->tell)
		return;
	(void)printf("%s%s\n", line, rest);
	(void)fflush(stdout);
}

int prepare_need_api(struct prepare *o, struct error *err)
{
	if (o->api == NULL)
		o->api = api_session(o->config, o->until, err);
	o->api_failed = o->api == NULL;
	return o->api_failed ? -1 : 0;
}

int prepare_refresh(struct prepare *o, struct error *err)
{
	if (prepare_need_api(o, err) == -1)
		return -1;
	o->api_failed = target_refresh(o->api, o->config, &o->route, o->until, err) == -1;
	if (o->api_failed)
		return -1;
	routefile_release(&o->route);
	return routefile_read(o->target, &o->route, err) == 1 ? 0 : -1;
}

static bool lease_serves(const struct prepare *o)
{
	return sourceaddr_lease_state(&o->route, routelease_now()) == LEASE_VALID &&
	       (!o->refresh || o->route.lease_made >= o->started_ms / 1000);
}

/* Behind a bastion no lease is needed: the connection comes from the bastion. */
static int without(struct prepare *o, struct error *err)
{
	if (o->route.gateway == NULL) {
		o->api_failed = !o->lease_lost;
		return routelease_failed(&o->route, err);
	}
	log_step("warning, no lease for %s: %s", o->route.alias, err->text);
	return routelease_give_up(&o->route, err);
}

void prepare_request_lease_for(struct prepare *o, const struct route *route,
                               struct error *err)
{
	if (o->limited && leaselimit_take(o->config, route->target, o->until, err) == -1)
		return;
	o->lease_made = routelease_now();
	if (strcmp(o->config->from_ip, "AUTO") != 0)
		prepare_tell(o, HELPER_FROM, o->config->from_ip);
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

void prepare_note_lease(struct prepare *o)
{
	struct error err = ERROR_INIT;

	api_lease_leave(o->lease);
	o->lease = NULL;
	/* The server is reached without the note: its firewall is open. */
	if (routelease_note(o->config, &o->route, o->lease_made,
	                    o->network[0] != '\0' ? o->network : NULL, &err) == -1)
		log_step("%s", err.text);
}

/* Has the source address changed since the lease was requested? */
static bool has_moved(const struct prepare *o)
{
	char now[SOURCEADDR_SIZE];

	return o->network[0] != '\0' && sourceaddr_of_route(&o->route, now) != NULL &&
	       strcmp(now, o->network) != 0;
}

void prepare_watch_lease(struct prepare *o)
{
	if (o->ordered || o->lease == NULL ||
	    api_lease_state(o->lease) != API_LEASE_ORDERED)
		return;
	o->ordered = true;
	prepare_tell(o, HELPER_OPENING, "");
	if (o->route.gateway != NULL || o->opening_until.at_ms <= o->until.at_ms)
		return;
	o->until = o->opening_until;
	api_lease_extend(o->lease, o->until);
}

int prepare_await_lease(struct prepare *o, struct error *err)
{
	struct api_lease_request *lease = o->lease;

	if (lease == NULL)
		return 0;
	while (api_lease_state(lease) < API_LEASE_DONE && !o->moved) {
		prepare_watch_lease(o);
		api_turn(o->api, o->until, NULL, 0, NETWORK_MS);
		o->moved = has_moved(o);
	}
	if (api_lease_state(lease) == API_LEASE_DONE) {
		prepare_note_lease(o);
		return 0;
	}
	o->lease = NULL;
	if (o->moved) {
		api_lease_leave(lease);
		error_set(err, ERROR_RETRY, "the network has changed meanwhile");
	} else {
		o->lease_lost = api_lease_is_lost(lease);
		(void)api_lease_wait(lease, err);
		if (o->ordered && err->code == ERROR_UNAVAILABLE &&
		    deadline_left(o->until) < NETWORK_MS && o->route.gateway == NULL)
			return race_still_opening(o->route.alias, err);
	}
	return without(o, err);
}
