/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/deadline.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "cli/hostkeytarget.h"
#include "fleet/gateways.h"
#include "fleet/host.h"
#include "fleet/hostkeynames.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "fleet/selection.h"
#include "hostkey/hostkeyalias.h"
#include "runtime/config.h"

enum { FIND_MS = 60000 };

static struct hostkeytarget *add(struct hostkeytargets *targets, const char *called,
                                 const char *address)
{
	struct hostkeytarget *target;

	targets->items =
		xgrow_array(targets->items, targets->count, sizeof(*targets->items));
	target = &targets->items[targets->count++];
	*target = (struct hostkeytarget){
		.called = xstrdup(called),
		.address = xstrdup_or_null(address),
	};
	return target;
}

void hostkeytargets_release(struct hostkeytargets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		free(targets->items[i].called);
		free(targets->items[i].uid);
		free(targets->items[i].address);
		strvec_release(&targets->items[i].owner.names);
		strvec_release(&targets->items[i].owner.roles);
		strvec_release(&targets->items[i].gateways);
	}
	free(targets->items);
	*targets = (struct hostkeytargets){ .items = NULL };
}

/* ---- servers ---- */

static void add_server(const struct fleet *fleet, const struct server *s,
                       struct hostkeytargets *targets)
{
	/* Behind a bastion the address is private: not unique. */
	const char *address = s->gateway == NULL ? s->address : NULL;
	const char *called = s->alias[0] != '\0' ? s->alias : s->uid;
	struct hostkeytarget *target = add(targets, called, address);

	target->uid = xstrdup(s->uid);
	hostkeynames_of(fleet, s->uid, &target->owner);
}

static void add_host(const struct fleet *fleet, const struct host *host,
                     struct hostkeytargets *targets)
{
	struct server **servers;
	size_t count = host_servers(host, &servers);

	for (size_t i = 0; i < count; i++)
		add_server(fleet, servers[i], targets);
	free(servers);
}

/* ---- bastions ---- */

static void add_gateway(const struct fleet *fleet, const char *address,
                        struct hostkeytargets *targets)
{
	struct hostkeytarget *target = add(targets, address, address);
	char *name = hostkey_gateway_alias(address);
	struct strvec all = STRVEC_INIT;

	strvec_push(&target->owner.names, name);
	gateways_collect(fleet, &all);
	for (size_t i = 0; i < all.count; i++) {
		if (strcmp(gateway_address(all.items[i]), address) == 0)
			strvec_push(&target->gateways, all.items[i]);
	}
	strvec_release(&all);
	free(name);
}

/* A bastion of the fleet, or one whose key is known; name is "user@address", too. */
static bool find_gateway(const struct fleet *fleet, const char *name,
                         struct hostkeytargets *targets)
{
	const char *address = gateway_address(name);

	if (!valid_address(address))
		return false;
	add_gateway(fleet, address, targets);
	if (targets->items[0].gateways.count > 0 ||
	    knownhostsedit_knows(&targets->items[0].owner))
		return true;
	hostkeytargets_release(targets);
	return false;
}

/* ---- hosts that are not in the fleet any more ---- */

struct search {
	const char *alias;
	struct knownhostsedit_owner *owner;
};

/* The servers on whose lines the alias stands. */
static void on_line(const struct kh_line *line, const char *fingerprint, void *cookie)
{
	struct search *search = cookie;
	struct kh_span list = line->names;
	struct kh_span name;

	(void)fingerprint;
	if (line->kind != KH_PLAIN || !kh_line_has_name(line, search->alias))
		return;
	while (kh_next_name(&list, &name)) {
		if (hostkey_kind(name.at, name.len) == HOSTKEY_SERVER)
			strvec_pushf(&search->owner->names, "%.*s", (int)name.len,
			             name.at);
	}
}

static bool find_former(const char *name, struct hostkeytargets *targets)
{
	struct error ignored = ERROR_INIT;
	struct knownhostsedit_owner *owner;
	struct search search = { .alias = name };
	char *own;

	if (!valid_uid(name) && !valid_alias(name))
		return false;
	owner = search.owner = &add(targets, name, NULL)->owner;
	if (valid_alias(name))
		(void)knownhostsedit_list(on_line, &search, &ignored);
	if (owner->names.count == 0) {
		own = hostkey_alias(name);
		strvec_push(&owner->names, own);
		free(own);
	} else {
		strvec_push(&owner->names, name);
	}
	if (knownhostsedit_knows(owner))
		return true;
	hostkeytargets_release(targets);
	return false;
}

/* Look into the inventory and known_hosts. */
static bool find_locally(const struct fleet *fleet, const char *name,
                         struct hostkeytargets *targets)
{
	struct host found;

	if (selection_by_alias(fleet, name, &found)) {
		add_host(fleet, &found, targets);
		return true;
	}
	return find_gateway(fleet, name, targets) || find_former(name, targets);
}

static int ask_api(const struct config *config, const char *name, struct fleet *fleet,
                   struct hostkeytargets *targets, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct host found;
	char *gateway;

	if (resolve_host(config, name, fleet, &found, deadline_in(FIND_MS), err) == 0) {
		add_host(fleet, &found, targets);
		return 0;
	}
	if (err->code != ERROR_NO_HOST ||
	    (gateway = gateways_find(config, name, &ignored)) == NULL)
		return -1;
	add_gateway(fleet, gateway_address(gateway), targets);
	free(gateway);
	return 0;
}

int hostkeytargets_find(const struct config *config, const char *name,
                        struct hostkeytargets *targets, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;
	int rc = 0;

	*targets = (struct hostkeytargets){ .items = NULL };
	(void)inventory_load(&fleet, &ignored);
	if (!find_locally(&fleet, name, targets))
		rc = ask_api(config, name, &fleet, targets, err);
	fleet_release(&fleet);
	return rc;
}
