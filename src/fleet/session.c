/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
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
	char *profile = sync_profile_get(config);
	struct api *api =
		api_open(&(struct api_config){ .profile = profile,
	                                       .any_family = strcmp(config->from_ip,
	                                                            "AUTO") != 0,
	                                       .token = token },
	                 until, err);

	free(profile);
	return api;
}
