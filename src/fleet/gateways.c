/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/deadline.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strvec.h"
#include "cloud66/api.h"
#include "fleet/gateways.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/store.h"
#include "runtime/config.h"

enum { GATEWAY_MS = 60000 };

void gateways_collect(const struct fleet *fleet, struct strvec *gateways)
{
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		if (h.server != NULL && h.server->gateway != NULL)
			strvec_push_once(gateways, h.server->gateway);
	}
}

char *gateways_pick(const struct strvec *gateways, const char *name)
{
	for (size_t i = 0; i < gateways->count; i++) {
		const char *gateway = gateways->items[i];

		if (strcmp(gateway, name) == 0 ||
		    strcmp(gateway_address(gateway), name) == 0)
			return xstrdup(gateway);
	}
	return NULL;
}

struct search {
	const char *name;
	char *address;          /* found */
	struct strvec accounts; /* ids */
};

static int on_account(const struct json *item, void *cookie, struct error *err)
{
	struct search *search = cookie;
	int64_t id;

	(void)err;
	if (json_number(item, "id", &id) && id >= 0)
		strvec_pushf(&search->accounts, "%" PRId64, id);
	return 0;
}

static int on_gateway(const struct json *item, void *cookie, struct error *err)
{
	struct search *search = cookie;
	const char *name = json_text(item, "name");
	const char *address = json_text(item, "address");

	(void)err;
	if (search->address == NULL && name != NULL && address != NULL &&
	    strcmp(name, search->name) == 0 && valid_address(address))
		search->address = xstrdup(address);
	return 0;
}

static char *ask_account(const struct config *config, const char *name)
{
	struct deadline until = deadline_in(GATEWAY_MS);
	struct search search = { .name = name, .accounts = STRVEC_INIT };
	struct error err = ERROR_INIT;
	struct api *api = api_session(config, until, &err);

	if (api != NULL)
		(void)api_list(api, "/accounts", on_account, &search, until, &err);
	for (size_t i = 0; i < search.accounts.count; i++) {
		char *path = xasprintf("/accounts/%s/gateways", search.accounts.items[i]);

		(void)api_list(api, path, on_gateway, &search, until, &err);
		free(path);
	}
	api_free(api);
	strvec_release(&search.accounts);
	return search.address;
}

char *gateways_find(const struct config *config, const char *name, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct strvec gateways = STRVEC_INIT;
	char *address = NULL;
	char *found = NULL;
	char shown[64];

	if (fleet_load(config, 0, &fleet, deadline_in(GATEWAY_MS), err) == -1)
		goto out;
	gateways_collect(&fleet, &gateways);
	found = gateways_pick(&gateways, name);
	if (found == NULL)
		address = ask_account(config, name);
	if (address != NULL)
		found = gateways_pick(&gateways, address);
	if (found == NULL)
		error_set(err, ERROR_NO_HOST, "no gateway %s; run: cxssh gateway list",
		          printable_text(name, shown, sizeof(shown)));
out:
	free(address);
	strvec_release(&gateways);
	fleet_release(&fleet);
	return found;
}
