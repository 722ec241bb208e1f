/* SPDX-License-Identifier: MIT */
/* login - log in to the API in a browser, or check and store a token. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/accounts.h"
#include "cli/browser.h"
#include "cli/options.h"
#include "cli/readpass.h"
#include "cloud66/api.h"
#include "cloud66/auth.h"
#include "cloud66/callback.h"
#include "cloud66/oauth.h"
#include "command/command.h"
#include "fleet/owner.h"
#include "runtime/config.h"

enum {
	LOGIN_MS = 30000,
	BROWSER_MS = 120000, /* for the login in the browser */
	TOKEN_MAX = 16 * 1024,
};

/* Read all of stdin, or a line from a terminal; from_file is how to give a long one. */
static int read_secret(const char *question, const char *from_file, struct strbuf *token,
                       struct error *err)
{
	char block[1024];
	ssize_t n;

	if (isatty(STDIN_FILENO)) {
		if (readpass(question, token, err) == 0)
			return 0;
		return err->code == ERROR_USAGE ? error_hint(err, "%s", from_file) : -1;
	}
	while ((n = read(STDIN_FILENO, block, sizeof(block))) > 0 &&
	       token->len < TOKEN_MAX)
		strbuf_add(token, block, (size_t)n);
	mem_wipe(block, sizeof(block));
	if (n == -1)
		return error_errno(err, ERROR_CONFIG, "reading standard input");
	if (token->len >= TOKEN_MAX)
		return error_set(err, ERROR_USAGE, "this is too long");
	return 0;
}

/* Find the account of the profile with the stored token, and say what it may do. */
static int check_account(const struct config *config, struct deadline until,
                         struct error *err)
{
	struct api *api = api_session(config, until, err);
	int rc;

	if (api == NULL)
		return -1;
	(void)printf("logged in to %s\n", api_base_url(api));
	sync_login_print(config, api_profile(api));
	rc = accounts_print(api, until, err);
	if (rc == 0)
		(void)printf("next: cxssh sync\n");
	api_free(api);
	return rc;
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

static int login_by_token(const struct config *config, struct error *err)
{
	struct strbuf token = STRBUF_SECRET;
	int rc = read_secret("Token (not shown): ", "cxssh login --token <FILE", &token,
	                     err);

	if (rc == 0)
		rc = try_and_store(config, token.data, err);
	strbuf_release(&token);
	return rc;
}

/* The code, by a listener on this machine.  *client is for callback_answer(). */
static int code_by_listener(const char *page, const struct oauth_attempt *attempt,
                            char **code, int *client, struct error *err)
{
	int listener = callback_listen(err);

	if (listener == -1)
		return -1;
	(void)printf("%s your browser; if nothing opens, open this address in it:\n%s\n",
	             browser_open(page) ? "The login goes on in" :
	                                  "There is no program to open",
	             page);
	(void)fflush(stdout);
	*client = callback_wait(listener, attempt->state, deadline_in(BROWSER_MS), code,
	                        err);
	fd_close(&listener);
	return *client == -1 ? -1 : 0;
}

/* The code, in the address that the user copies from a browser of another machine. */
static int code_by_paste(const char *page, const struct oauth_attempt *attempt,
                         char **code, struct error *err)
{
	struct strbuf pasted = STRBUF_SECRET;
	int rc;

	(void)printf("Open this address in a browser on any machine:\n%s\n\n"
	             "After the login the browser goes to " CALLBACK_URI
	             ", which it may not reach.\nCopy the whole address that it shows "
	             "then, and paste it here.\n",
	             page);
	(void)fflush(stdout);
	rc = read_secret("Address (not shown): ", "cxssh login --no-browser <FILE",
	                 &pasted, err);
	pasted.data[strcspn(pasted.data, "\r\n")] = '\0';
	if (rc == 0)
		rc = callback_read(pasted.data, attempt->state, code, err);
	if (rc == 0)
		rc = error_set(err, ERROR_USAGE,
		               "this is not the address that the browser shows at the "
		               "end of this login; run: cxssh login --no-browser");
	strbuf_release(&pasted);
	return rc == -1 ? -1 : 0;
}

static int login_by_browser(const struct config *config, const char *profile, bool paste,
                            struct error *err)
{
	struct oauth_attempt attempt = { .redirect_uri = CALLBACK_URI,
		                         .client_id = config->client_id,
		                         .client_secret = config->client_secret };
	char *code = NULL;
	char *page;
	int client = -1;
	int rc;

	if (oauth_attempt(&attempt, err) == -1)
		return -1;
	page = auth_page(profile, &attempt, err);
	if (page == NULL)
		return -1;
	rc = paste ? code_by_paste(page, &attempt, &code, err) :
	             code_by_listener(page, &attempt, &code, &client, err);
	if (rc == 0)
		rc = auth_redeem(profile, code, &attempt, deadline_in(LOGIN_MS), err);
	if (client != -1)
		callback_answer(client, rc == 0 ? 200 : 502,
		                rc == 0 ?
		                        "cxssh is logged in.  This page may be closed." :
		                        "The login failed.  cxssh says why in its "
		                        "terminal; this page may be closed.");
	mem_wipe(&attempt, sizeof(attempt));
	mem_free_secret(code);
	free(page);
	return rc;
}

/* No client is registered for cxssh itself. */
static int offer_token(const struct config *config, const struct error *why,
                       struct error *err)
{
	*err = *why;
	if (!isatty(STDIN_FILENO) || err->code != ERROR_CONFIG)
		return -1;
	(void)printf("%s\nA Personal Access Token does as well: make one at "
	             "https://app.cloud66.com/oauth/authorized_applications\n",
	             err->text);
	(void)fflush(stdout);
	*err = (struct error)ERROR_INIT;
	return login_by_token(config, err);
}

/* Is there a client for a login in the browser? */
static bool has_client(const struct config *config, const char *profile,
                       struct error *err)
{
	struct oauth_attempt attempt = { .redirect_uri = CALLBACK_URI,
		                         .client_id = config->client_id };
	char *page = auth_page(profile, &attempt, err);

	free(page);
	return page != NULL;
}

int command_login(int argc, char *argv[], struct config *config, struct error *err)
{
	bool by_token = false;
	bool no_browser = false;
	const struct options_place places[] = {
		{ 'T', .flag = &by_token },
		{ 'N', .flag = &no_browser },
		{ .letter = '\0' },
	};
	struct error why = ERROR_INIT;
	struct login login;
	int rc = options_parse(argc, argv, places, 0, 0, err);

	if (rc == -1)
		return -1;
	if (by_token)
		return login_by_token(config, err);
	sync_login_get(config, &login);
	if (!has_client(config, login.profile, &why))
		rc = offer_token(config, &why, err);
	else if (login_by_browser(config, login.profile,
	                          no_browser || !browser_is_there(), err) == -1)
		rc = -1;
	else
		rc = check_account(config, deadline_in(LOGIN_MS), err);
	sync_login_release(&login);
	return rc;
}
