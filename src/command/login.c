/* SPDX-License-Identifier: MIT */
/* login - check and store a token for the API. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/readpass.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "fleet/owner.h"
#include "fleet/session.h"
#include "runtime/config.h"

enum { LOGIN_MS = 30000, TOKEN_MAX = 16 * 1024 };

/* Read all of stdin, or a line from a terminal. */
static int read_token(struct strbuf *token, struct error *err)
{
	char block[1024];
	ssize_t n;

	if (isatty(STDIN_FILENO)) {
		if (readpass("Token (not shown): ", token, err) == 0)
			return 0;
		return err->code == ERROR_USAGE ?
		               error_hint(err, "cxssh login --token <FILE") :
		               -1;
	}
	while ((n = read(STDIN_FILENO, block, sizeof(block))) > 0 &&
	       token->len < TOKEN_MAX)
		strbuf_add(token, block, (size_t)n);
	mem_wipe(block, sizeof(block));
	if (n == -1)
		return error_errno(err, ERROR_CONFIG, "reading the token");
	if (token->len >= TOKEN_MAX)
		return error_set(err, ERROR_USAGE, "this is too long for a token");
	return 0;
}

/* Find the account of the profile with the stored token. */
static int check_account(const struct config *config, struct deadline until,
                         struct error *err)
{
	struct api *api = api_session(config, until, err);

	if (api == NULL)
		return -1;
	(void)printf("logged in to %s\n", api_base_url(api));
	sync_login_print(config, api_profile(api));
	api_free(api);
	return 0;
}

/* Store the token, unless the API refuses it: then the one that is stored stays. */
static int try_and_store(const struct config *config, const char *token,
                         struct error *err)
{
	struct deadline until = deadline_in(LOGIN_MS);
	struct error second = ERROR_INIT;
	struct api *api = api_session_with_token(config, token, until, err);
	int rc = api != NULL ? api_ping(api, until, err) : -1;

	if (rc == -1 && err->code == ERROR_DENIED) {
		error_prefix(err, "nothing was changed");
	} else if (api != NULL && api_keep_token(api, &second) == -1) {
		*err = second;
		rc = -1;
	} else if (api != NULL) {
		if (rc == 0)
			rc = check_account(config, until, err);
		if (rc == -1)
			error_prefix(err, "the token is kept, but");
	}
	api_free(api);
	return rc;
}

static int set_token(char letter, const char *value, void *cookie, struct error *err)
{
	(void)letter;
	(void)value;
	(void)err;
	*(bool *)cookie = true;
	return 0;
}

int command_login(int argc, char *argv[], struct config *config, struct error *err)
{
	struct strbuf token = STRBUF_SECRET;
	bool by_token = false;
	int rc = options_parse(argc, argv, set_token, &by_token,
	                       (struct options_range){ 0, 0 }, err);

	if (rc == -1)
		return -1;
	if (!by_token)
		return options_error(manual_find(argc, argv, NULL), err,
		                     "--token is missing: the token is read from "
		                     "standard input");
	rc = read_token(&token, err);
	if (rc == 0)
		rc = try_and_store(config, token.data, err);
	strbuf_release(&token);
	return rc;
}
