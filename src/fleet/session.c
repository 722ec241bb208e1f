/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cloud66/api.h"
#include "fleet/owner.h"
#include "fleet/session.h"
#include "runtime/config.h"

/* On a terminal, say what is waited for. */
static void print_throttled(int64_t wait_ms)
{
	int64_t seconds = (wait_ms + 999) / 1000;

	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr,
		              "\r\033[Kcxssh: the API is throttled, goes on in %" PRId64
		              " min %" PRId64 " s (Ctrl-C to stop)\n",
		              seconds / 60, seconds % 60);
}

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
		.throttled = print_throttled,
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
