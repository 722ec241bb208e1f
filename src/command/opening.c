#include <stdlib.h>

#include "access/lease.h"
#include "access/network.h"
#include "base/config.h"
#include "base/error.h"
#include "base/log.h"
#include "cloud66/api.h"
#include "command/opening.h"
#include "command/survey.h"
#include "command/target.h"

int opening_refresh(struct opening *o, struct error *err)
{
	if (o->api == NULL)
		o->api = survey_api(o->config, o->until, err);
	if (o->api == NULL ||
	    target_refresh(o->api, o->config, &o->route, o->until, err) == -1)
		return -1;
	routefile_release(&o->route);
	return routefile_read(o->target, &o->route, err) == 1 ? 0 : -1;
}

static bool lease_serves(const struct opening *o)
{
	char source[NETWORK_TEXT];
	bool known = network_source(&o->route, source, sizeof(source));

	return routefile_lease(&o->route, lease_now(), known ? source : NULL) ==
	               LEASE_VALID &&
	       (!o->refresh || o->route.lease_made >= o->started);
}

/* Behind a gateway the lease is a courtesy: the connection comes from the bastion. */
static int without(struct opening *o, struct error *err)
{
	if (o->route.gateway == NULL)
		return error_prefix(err, "lease for %s", o->route.alias);
	log_step("warning, no lease for %s: %s", o->route.alias, err->text);
	return lease_give_up(&o->route, err);
}

int opening_ask(struct opening *o, struct error *err)
{
	if (o->lease != NULL || lease_serves(o))
		return 0;
	o->lease_made = lease_now();
	if (o->api == NULL)
		o->api = survey_api(o->config, o->until, err);
	if (o->api == NULL)
		return o->route.gateway == NULL ? -1 : without(o, err);
	o->lease = lease_ask(o->api, o->config, &o->route, o->until, err);
	return o->lease == NULL ? without(o, err) : 0;
}

int opening_settle(struct opening *o, struct error *err)
{
	struct api_opening *lease = o->lease;

	if (lease == NULL)
		return 0;
	o->lease = NULL;
	if (api_lease_wait(lease, err) == -1)
		return without(o, err);
	return lease_note(o->config, &o->route, o->lease_made, err);
}
