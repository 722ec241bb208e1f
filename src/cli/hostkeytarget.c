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
#include "fleet/hostkeynames.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "fleet/selection.h"
#include "hostkey/verify.h"
#include "runtime/config.h"

enum { FIND_MS = 60000 };

static struct hostkeytarget *add(struct hostkeytargets *subjects, const char *called,
                                 const char *address)
{
	struct hostkeytarget *subject;

	subjects->items = xrealloc_array(subjects->items, subjects->count + 1,
	                                 sizeof(*subjects->items));
	subject = &subjects->items[subjects->count++];
	*subject = (struct hostkeytarget){
		.called = xstrdup(called),
		.address = address != NULL ? xstrdup(address) : NULL,
	};
	return subject;
}

void hostkeytargets_release(struct hostkeytargets *subjects)
{
	for (size_t i = 0; i < subjects->count; i++) {
		free(subjects->items[i].called);
		free(subjects->items[i].address);
		strvec_release(&subjects->items[i].owner.names);
		strvec_release(&subjects->items[i].owner.roles);
		strvec_release(&subjects->items[i].gateways);
	}
	free(subjects->items);
	*subjects = (struct hostkeytargets){ .items = NULL };
}

/* ---- of the fleet ---- */

static void add_server(const struct fleet *fleet, const struct server *s,
                       struct hostkeytargets *subjects)
{
	/* A private address means another machine in every other network. */
	const char *address = s->gateway == NULL ? s->address : NULL;
	const char *called = s->alias[0] != '\0' ? s->alias : s->uid;

	hostkeynames_of(fleet, s->uid, &add(subjects, called, address)->owner);
}

static void add_host(const struct fleet *fleet, const struct host *host,
                     struct hostkeytargets *subjects)
{
	struct server **servers;
	size_t count = host_servers(host, &servers);

	for (size_t i = 0; i < count; i++)
		add_server(fleet, servers[i], subjects);
	free(servers);
}

/* ---- bastions ---- */

static void add_gateway(const struct fleet *fleet, const char *address,
                        struct hostkeytargets *subjects)
{
	struct hostkeytarget *subject = add(subjects, address, NULL);
	char *name = hostkey_gateway_alias(address);
	struct strvec all = STRVEC_INIT;

	subject->address = xstrdup(address);
	strvec_push(&subject->owner.names, name);
	gateways_collect(fleet, &all);
	for (size_t i = 0; i < all.count; i++) {
		if (strcmp(gateway_address(all.items[i]), address) == 0)
			strvec_push(&subject->gateways, all.items[i]);
	}
	strvec_release(&all);
	free(name);
}

/* A bastion of the fleet, or one whose key is known; name is "user@address", too. */
static bool find_gateway(const struct fleet *fleet, const char *name,
                         struct hostkeytargets *subjects)
{
	const char *address = gateway_address(name);

	if (!valid_address(address))
		return false;
	add_gateway(fleet, address, subjects);
	if (subjects->items[0].gateways.count > 0 ||
	    knownhostsedit_knows(&subjects->items[0].owner))
		return true;
	hostkeytargets_release(subjects);
	return false;
}

/* ---- those who have left ---- */

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

static bool find_former(const char *name, struct hostkeytargets *subjects)
{
	struct error ignored = ERROR_INIT;
	struct knownhostsedit_owner *owner;
	struct search search = { .alias = name };
	char *own;

	if (!valid_uid(name) && !valid_alias(name))
		return false;
	owner = search.owner = &add(subjects, name, NULL)->owner;
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
	hostkeytargets_release(subjects);
	return false;
}

/* ---- the whole ---- */

/* What is known here, without the API. */
static bool find_here(const struct fleet *fleet, const char *name,
                      struct hostkeytargets *subjects)
{
	struct host found;

	if (selection_by_alias(fleet, name, &found)) {
		add_host(fleet, &found, subjects);
		return true;
	}
	return find_gateway(fleet, name, subjects) || find_former(name, subjects);
}

static int ask_api(const struct config *config, const char *name, struct fleet *fleet,
                   struct hostkeytargets *subjects, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct host found;
	char *gateway;

	if (resolve_alias(config, name, fleet, &found, deadline_in(FIND_MS), err) == 0) {
		add_host(fleet, &found, subjects);
		return 0;
	}
	if (err->code != ERROR_NO_HOST ||
	    (gateway = gateways_find(config, name, &ignored)) == NULL)
		return -1;
	add_gateway(fleet, gateway_address(gateway), subjects);
	free(gateway);
	return 0;
}

int hostkeytargets_find(const struct config *config, const char *name,
                        struct hostkeytargets *subjects, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;
	int rc = 0;

	*subjects = (struct hostkeytargets){ .items = NULL };
	(void)inventory_load(&fleet, &ignored);
	if (!find_here(&fleet, name, subjects))
		rc = ask_api(config, name, &fleet, subjects, err);
	fleet_release(&fleet);
	return rc;
}
