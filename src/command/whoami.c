/* SPDX-License-Identifier: MIT */
/* whoami - the login that API calls are made with, and where each part comes from. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/options.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "fleet/owner.h"
#include "fleet/session.h"
#include "runtime/config.h"
#include "runtime/paths.h"

enum { WHOAMI_MS = 30000 };

static void line(const char *what, const char *value, const char *source)
{
	char shown[200];

	(void)printf("%-13s %s%s%s%s\n", what,
	             printable_text(value, shown, sizeof(shown)),
	             source[0] != '\0' ? "  (" : "", source,
	             source[0] != '\0' ? ")" : "");
}

/* An account that the token sees. */
static int on_account(const struct json *item, void *cookie, struct error *err)
{
	const char *used = cookie;
	const char *name = json_text(item, "friendly_name");
	char text[32];
	int64_t id;

	(void)err;
	if (!json_number(item, "id", &id) || name == NULL)
		return 0;
	(void)snprintf(text, sizeof(text), "%" PRId64, id);
	line("account", name,
	     used == NULL            ? "" :
	     strcmp(used, text) == 0 ? "in use" :
	                               "not in use");
	return 0;
}

static void print_login(const struct config *config, const struct api *api)
{
	struct login login;
	char *token = paths_shorten(api_token_path(api));
	const char *org = api_organization(api);

	sync_login_get(config, &login);
	line("profile", api_profile(api),
	     config->profile != NULL ? "as configured" :
	     login.profile != NULL   ? "as at the last sync" :
	                               "the toolbelt's last one");
	line("API", api_base_url(api), "");
	line("token", token, "");
	if (org != NULL)
		line("organization", org,
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
	int rc = options_parse(argc, argv, NULL, NULL, (struct options_range){ 0, 0 },
	                       err);

	if (rc == -1 || (api = api_session(config, until, err)) == NULL)
		return -1;
	print_login(config, api);
	(void)fflush(stdout);
	rc = api_ping(api, until, err);
	if (rc == 0) {
		line("login", "accepted by the API", "");
		rc = api_list(api, "/accounts", on_account, (void *)api_account(api),
		              until, err);
	}
	api_free(api);
	return rc;
}
