/* SPDX-License-Identifier: MIT */
/* logout - remove the token file, and end the connections to bastions. */

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/strvec.h"
#include "broker/broker.h"
#include "cli/confirm.h"
#include "cli/options.h"
#include "cli/serverkeys.h"
#include "cloud66/auth.h"
#include "command/command.h"
#include "fleet/gateways.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "runtime/config.h"
#include "runtime/paths.h"

static void close_brokers(void)
{
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;
	struct strvec gateways = STRVEC_INIT;

	(void)inventory_load(&fleet, &ignored);
	gateways_collect(&fleet, &gateways);
	for (size_t i = 0; i < gateways.count; i++) {
		if (broker_close(gateways.items[i], &ignored) == 1)
			(void)printf("closed the connection to %s\n", gateways.items[i]);
	}
	strvec_release(&gateways);
	fleet_release(&fleet);
}

static void print_forgotten(const char *path, int forgotten)
{
	const char *variable = getenv("CLOUD66_TOKEN");
	char *shown = paths_shorten(path);

	if (forgotten == AUTH_FORGOTTEN)
		(void)printf("removed %s; the toolbelt (cx) is logged out, too\n", shown);
	else
		(void)printf("not logged in: there is no %s\n", shown);
	if (variable != NULL && variable[0] != '\0')
		(void)printf("CLOUD66_TOKEN is set: the next command logs in with it\n");
	free(shown);
}

/* Without a terminal the keys stay. */
static int offer_keys(struct error *err)
{
	struct strvec paths = STRVEC_INIT;
	char question[80];
	bool remove = false;
	int rc = 0;

	serverkeys_list(NULL, &paths);
	(void)snprintf(question, sizeof(question),
	               "Remove the %zu server keys in ~/.ssh, too?", paths.count);
	if (paths.count > 0 && confirm_is_possible())
		remove = confirm(question, false);
	if (paths.count > 0 && !remove)
		(void)printf("Server keys stay in ~/.ssh; to remove one, run: cxssh key "
		             "remove HOST\n");
	for (size_t i = 0; remove && rc == 0 && i < paths.count; i++)
		rc = serverkeys_remove(paths.items[i], err);
	strvec_release(&paths);
	return rc;
}

int command_logout(int argc, char *argv[], struct config *config, struct error *err)
{
	struct login login;
	char *path = NULL;
	int rc;

	if (options_parse(argc, argv, NULL, 0, 0, err) == -1)
		return -1;
	sync_login_get(config, &login);
	rc = auth_forget(login.profile, &path, err);
	sync_login_release(&login);
	if (rc != -1)
		print_forgotten(path, rc);
	if (rc == AUTH_FORGOTTEN) {
		close_brokers();
		rc = offer_keys(err);
	}
	free(path);
	return rc == -1 ? -1 : 0;
}
