#include <string.h>

#include "base/error.h"
#include "cloud66/api.h"
#include "connect/helper.h"
#include "fleet/refresh.h"
#include "fleet/target.h"
#include "prepare/state.h"
#include "route/routelease.h"
#include "route/sourceaddr.h"
#include "runtime/config.h"
#include "runtime/log.h"

enum { LOOK_MS = 500 }; /* how often it is looked whether we are still there */

int opening_need_api(struct opening *o, struct error *err)
{
	if (o->api == NULL)
		o->api = survey_api(o->config, o->until, err);
	return o->api == NULL ? -1 : 0;
}

int opening_refresh(struct opening *o, struct error *err)
{
	if (opening_need_api(o, err) == -1 ||
	    target_refresh(o->api, o->config, &o->route, o->until, err) == -1)
		return -1;
	routefile_release(&o->route);
	return routefile_read(o->target, &o->route, err) == 1 ? 0 : -1;
}

static bool lease_serves(const struct opening *o)
{
	return network_lease(&o->route, lease_now()) == LEASE_VALID &&
	       (!o->refresh || o->route.lease_made >= o->started);
}

/* Behind a gateway the lease is a courtesy: the connection comes from the bastion. */
static int without(struct opening *o, struct error *err)
{
	if (o->route.gateway == NULL) {
		if (err->code == ERROR_NO_HOST)
			error_hint(err, "cxssh sync");
		return error_prefix(err, "lease for %s", o->route.alias);
	}
	log_step("warning, no lease for %s: %s", o->route.alias, err->text);
	return lease_give_up(&o->route, err);
}

void opening_ask_for(struct opening *o, const struct route *route, struct error *err)
{
	o->lease_made = lease_now();
	if (network_source(route, o->network) == NULL)
		o->network[0] = '\0';
	o->lease = lease_ask(o->api, o->config, route, o->until, err);
}

int opening_ask(struct opening *o, struct error *err)
{
	if (o->lease != NULL || lease_serves(o))
		return 0;
	if (opening_need_api(o, err) == -1)
		return o->route.gateway == NULL ? -1 : without(o, err);
	opening_ask_for(o, &o->route, err);
	return o->lease == NULL ? without(o, err) : 0;
}

int opening_note(struct opening *o, struct error *err)
{
	api_lease_leave(o->lease);
	o->lease = NULL;
	return lease_note(o->config, &o->route, o->lease_made,
	                  o->network[0] != '\0' ? o->network : NULL, err);
}

/* Are we elsewhere than when the lease was asked for? */
static bool has_moved(const struct opening *o)
{
	char now[NETWORK_TEXT];

	return o->network[0] != '\0' && network_source(&o->route, now) != NULL &&
	       strcmp(now, o->network) != 0;
}

int opening_settle(struct opening *o, struct error *err)
{
	struct api_opening *lease = o->lease;

	if (lease == NULL)
		return 0;
	while (api_lease_state(lease) < API_OPENING_DONE && !o->moved) {
		api_turn(o->api, o->until, NULL, 0, LOOK_MS);
		o->moved = has_moved(o);
	}
	if (api_lease_state(lease) == API_OPENING_DONE)
		return opening_note(o, err);
	o->lease = NULL;
	if (o->moved) {
		api_lease_leave(lease);
		error_set(err, ERROR_RETRY, HELPER_MOVED);
	} else {
		(void)api_lease_wait(lease, err);
	}
	return without(o, err);
}
