/* SPDX-License-Identifier: MIT */
/*
 * The login: the toolbelt's profile file, a token from a file or a terminal, and
 * the answer of the token endpoint.  A token fits a header; written and read again it is
 * the same; an address that it is sent to is one that is fit for it.
 *
 * Input: the profile file, the profile's name (empty: the last one used), the token, and
 * the answers (answers.h).
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "cloud66/oauth.h"
#include "cloud66/profile.h"
#include "cloud66/token.h"
#include "fuzz.h"
#include "http/url.h"

static void check_profile(const struct profile *profile)
{
	struct error err = ERROR_INIT;
	char *base = url_base(profile->base_url, &err);

	require(base != NULL && strcmp(base, profile->base_url) == 0);
	require(profile->token_file[0] != '\0' &&
	        strchr(profile->token_file, '/') == NULL);
	/* The toolbelt takes letters beyond ASCII for a profile, and names the file so.
	 */
	for (const char *c = profile->token_file; *c != '\0'; c++)
		require(!iscntrl((unsigned char)*c));
	free(base);
}

static void check_token(const struct token *token)
{
	struct strbuf text = STRBUF_INIT;
	struct token again = TOKEN_INIT;
	struct error err = ERROR_INIT;

	require(token->access[0] != '\0' && fuzz_is_printable(token->access));
	require(strchr(token->access, ' ') == NULL && token->expiry >= 0);
	(void)token_expired(token);
	json_write(token->file, false, &text);
	require(token_parse(&again, text.data, text.len, &err) == 0);
	require(strcmp(again.access, token->access) == 0 &&
	        strcmp(again.refresh, token->refresh) == 0 &&
	        again.expiry == token->expiry);
	token_release(&again);
	strbuf_release(&text);
}

static void run_token(const struct profile *profile, const char *text)
{
	struct token token = TOKEN_INIT;
	struct error err = ERROR_INIT;

	if (token_accept(&token, text, &err) == -1) {
		require(err.code == ERROR_CONFIG && fuzz_is_printable(err.text));
		token_release(&token);
		return;
	}
	check_token(&token);
	if (profile != NULL) {
		if (oauth_refresh(profile, &token, deadline_in(3600000), &err) == 0)
			check_token(&token);
		else
			require(err.code != ERROR_NONE && fuzz_is_printable(err.text));
	}
	token_release(&token);
}

/* A first login, without a token to begin with. */
static void run_redeem(const struct profile *profile)
{
	struct token token = TOKEN_INIT;
	struct error err = ERROR_INIT;
	struct oauth_attempt attempt = { .redirect_uri = "http://127.0.0.1:1/" };
	char *page;

	if (oauth_attempt(&attempt, &err) == -1)
		return;
	page = oauth_page(profile, &attempt, &err);

	require(page == NULL ?
	                err.code == ERROR_CONFIG :
	                fuzz_is_printable(page) && strpbrk(page, " \"'\\`$") == NULL);
	require(fuzz_is_printable(err.text));
	free(page);
	if (oauth_redeem(profile, "code", &attempt, &token, deadline_in(3600000), &err) ==
	    0)
		check_token(&token);
	token_release(&token);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts = { data, size };
	char *text = fuzz_text(&parts);
	char *name = fuzz_text(&parts);
	char *given = fuzz_text(&parts);
	struct profile profile = PROFILE_INIT;
	struct error err = ERROR_INIT;
	int rc = profile_parse(&profile, text, strlen(text),
	                       name[0] != '\0' ? name : NULL, &err);

	answers_from(&parts);
	if (rc == 0) {
		check_profile(&profile);
		run_token(&profile, given);
		run_redeem(&profile);
	} else {
		require(err.code == ERROR_CONFIG && fuzz_is_printable(err.text));
		run_token(NULL, given);
	}
	profile_release(&profile);
	free(given);
	free(name);
	free(text);
}
