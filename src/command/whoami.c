/* SPDX-License-Identifier: MIT */
/* whoami - the login that API calls are made with, and where each part comes from. */

#include <stdio.h>
#include <stdlib.h>

#include "cli/accounts.h"
#include "cli/options.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "fleet/owner.h"
#include "runtime/config.h"
#include "runtime/paths.h"

enum { WHOAMI_MS = 30000 };

static void print_login(const struct config *config, const struct api *api)
{
	struct login login;
	char *token = paths_shorten(api_token_path(api));
	const char *org = api_organization(api);

	sync_login_get(config, &login);
	accounts_line("profile", api_profile(api),
	              config->profile != NULL ? "as configured" :
	              login.profile != NULL   ? "as at the last sync" :
	                                        "the toolbelt's last one");
	accounts_line("API", api_base_url(api), "");
	accounts_line("token", token, "");
	if (org != NULL)
		accounts_line("organization", org,
		              config->org != NULL ? "as configured" :
		              login.org != NULL   ? "as at the last sync" :
		                                    "of the profile");
	free(token);
	sync_login_release(&login);
}

int command_whoami(int argc, char *argv[], struct config *config, struct error *err)
{
	struct deadline until = deadline_in(WHOAMI_MS);
	struct api *api;
	int rc = options_parse(argc, argv, NULL, 0, 0, err);

	if (rc == -1 || (api = api_session(config, until, err)) == NULL)
		return -1;
	print_login(config, api);
	(void)fflush(stdout);
	rc = api_ping(api, until, err);
	if (rc == 0) {
		accounts_line("login", "accepted by the API", "");
		rc = accounts_print(api, until, err);
	}
	api_free(api);
	return rc;
}
