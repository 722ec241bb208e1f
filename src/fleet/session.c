/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cloud66/api.h"
#include "fleet/owner.h"
#include "fleet/session.h"
#include "runtime/config.h"

struct api *api_session(const struct config *config, struct deadline until,
                        struct error *err)
{
	return api_session_with_token(config, NULL, until, err);
}

struct api *api_session_with_token(const struct config *config, const char *token,
                                   struct deadline until, struct error *err)
{
	struct api_config settings = {
		.any_family = strcmp(config->from_ip, "AUTO") != 0,
		.token = token,
	};
	struct login login;
	struct api *api;

	sync_login_get(config, &login);
	settings.profile = login.profile;
	settings.org = login.org;
	api = api_open(&settings, until, err);
	sync_login_release(&login);
	return api;
}
