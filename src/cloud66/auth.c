/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloud66/auth.h"
#include "cloud66/oauth.h"
#include "cloud66/profile.h"
#include "cloud66/token.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"

void auth_release(struct auth *auth)
{
	free(auth->base_url);
	free(auth->profile);
	free(auth->organization);
	mem_free_secret(auth->token);
	free(auth->token_path);
	free(auth->scopes);
	mem_free_secret(auth->cx_token);
	if (auth->given != NULL)
		token_release(auth->given);
	free(auth->given);
	*auth = (struct auth)AUTH_INIT;
}

/* 1, or 0 when CLOUD66_TOKEN is not set.  The toolbelt reads it, for containers. */
static int token_from_environment(struct token *token, const char *path,
                                  struct error *err)
{
	const char *value = getenv("CLOUD66_TOKEN");

	if (value == NULL || value[0] == '\0')
		return 0;
	if (token_decode(token, value, err) == -1)
		return error_prefix(err, "CLOUD66_TOKEN");
	if (token_write(token, path, err) == -1)
		return -1;
	log_step("token of CLOUD66_TOKEN written to %s", path);
	return 1;
}

/* One process refreshes the token under a lock; the others then find it in the file.
 * A refresh token that was sent may be spent: SIGTERM does not end the process until the
 * new one is in its file. */
static int renew(const struct profile *profile, const char *path, struct token *token,
                 struct deadline until, struct error *err)
{
	sigset_t ends;
	sigset_t before;
	char *lock_path = xasprintf("%s.cxssh-lock", path);
	int lock = lock_take(lock_path, until, err);
	int rc = -1;
	int found;

	if (lock == -1)
		goto out;
	found = token_read(token, path, err);
	if (found == -1)
		goto out;
	if (found == 0) {
		error_set(err, ERROR_DENIED, "%s has gone", path);
		error_hint(err, "cxssh login --token");
		goto out;
	}
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &ends, &before);
	/* Refresh tokens may be single-use: check first that the file can be written. */
	rc = 0;
	if (token_expired(token) && (token_write(token, path, err) == -1 ||
	                             oauth_refresh(profile, token, until, err) == -1 ||
	                             token_write(token, path, err) == -1))
		rc = -1;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
out:
	lock_release(lock);
	free(lock_path);
	return rc;
}

/* The value goes into a header: printable ASCII only. */
static int take_cx_token(struct auth *auth, struct error *err)
{
	const char *value = getenv("CXTOKEN");

	if (value == NULL || value[0] == '\0')
		return 0;
	for (const char *c = value; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			return error_set(err, ERROR_CONFIG, "CXTOKEN is not plain text");
	}
	auth->cx_token = xstrdup(value);
	return 0;
}

static int load_token(struct auth *auth, const struct profile *profile,
                      struct token *token, struct deadline until, struct error *err)
{
	int found = token_read(token, auth->token_path, err);

	if (found == 0)
		found = token_from_environment(token, auth->token_path, err);
	if (found == -1)
		return -1;
	if (found == 0) {
		error_set(err, ERROR_DENIED, "not logged in: there is no %s",
		          auth->token_path);
		return error_hint(err, "cxssh login --token");
	}
	if (token_expired(token) &&
	    renew(profile, auth->token_path, token, until, err) == -1)
		return -1;
	if (token_scopes(token) != NULL)
		auth->scopes = xstrdup(token_scopes(token));
	auth->token = token->access;
	token->access = NULL;
	return 0;
}

/* Fill *auth but for the token. */
static int load_profile(struct auth *auth, struct profile *profile, const char *folder,
                        const char *name, struct error *err)
{
	*auth = (struct auth)AUTH_INIT;
	if (profile_load(profile, folder, name, err) == -1)
		return -1;
	auth->base_url = xstrdup(profile->base_url);
	auth->profile = xstrdup(profile->name);
	if (profile->organization != NULL)
		auth->organization = xstrdup(profile->organization);
	auth->token_path = xasprintf("%s/%s", folder, profile->token_file);
	return take_cx_token(auth, err);
}

int auth_load_from(struct auth *auth, const char *folder, const char *name,
                   struct deadline until, struct error *err)
{
	struct profile profile = PROFILE_INIT;
	struct token token = TOKEN_INIT;
	int rc = load_profile(auth, &profile, folder, name, err);

	if (rc == 0)
		rc = load_token(auth, &profile, &token, until, err);
	token_release(&token);
	profile_release(&profile);
	return rc;
}

/* The token file first: a profile without one is a state that the toolbelt knows. */
static int keep(const char *folder, const struct profile *profile, bool is_new,
                const struct token *token, struct error *err)
{
	char *path = xasprintf("%s/%s", folder, profile->token_file);
	int rc = token_write(token, path, err);

	if (rc == 0 && is_new)
		rc = profile_create(profile, folder, err);
	free(path);
	return rc;
}

/* A refreshed token is accepted by the API, and its single-use refresh token may be the
 * stored one: store it at once. */
static int refresh_given(struct auth *auth, const struct profile *profile,
                         struct deadline until, struct error *err)
{
	struct error why = ERROR_INIT;

	if (oauth_refresh(profile, auth->given, until, &why) == 0)
		return auth_keep(auth, err);
	if (why.code != ERROR_DENIED)
		return 0; /* the API is not reached: it stays as it was given */
	*err = why;
	return -1;
}

int auth_try_in(struct auth *auth, const char *folder, const char *name, const char *text,
                struct deadline until, struct error *err)
{
	struct profile profile = PROFILE_INIT;
	int rc = load_profile(auth, &profile, folder, name, err);

	auth->given = xcalloc(1, sizeof(*auth->given));
	if (rc == 0)
		rc = token_accept(auth->given, text, err);
	if (rc == 0 && token_expired(auth->given))
		rc = refresh_given(auth, &profile, until, err);
	if (rc == 0)
		auth->token = xstrdup(auth->given->access);
	profile_release(&profile);
	return rc;
}

int auth_keep(const struct auth *auth, struct error *err)
{
	const char *slash = strrchr(auth->token_path, '/');
	char *folder = xstrndup(auth->token_path, (size_t)(slash - auth->token_path));
	struct profile profile = PROFILE_INIT;
	int found = profile_load(&profile, folder, auth->profile, err);
	int rc = -1;

	if (found != -1)
		rc = keep(folder, &profile, found == 0, auth->given, err);
	profile_release(&profile);
	free(folder);
	return rc;
}

int auth_forget(const char *name, char **path, struct error *err)
{
	struct profile profile = PROFILE_INIT;
	char *folder = paths_in_home(".cloud66");
	int rc = -1;

	*path = NULL;
	if (profile_load(&profile, folder, name, err) != -1) {
		*path = xasprintf("%s/%s", folder, profile.token_file);
		rc = unlink(*path) == 0 ? AUTH_FORGOTTEN : AUTH_NO_TOKEN;
		if (rc == AUTH_NO_TOKEN && errno != ENOENT)
			rc = error_errno(err, ERROR_CONFIG, "cannot remove %s", *path);
	}
	profile_release(&profile);
	free(folder);
	return rc;
}

char *auth_last_profile(void)
{
	struct profile profile = PROFILE_INIT;
	struct error ignored = ERROR_INIT;
	char *folder = paths_in_home(".cloud66");
	char *name = NULL;

	if (profile_load(&profile, folder, NULL, &ignored) != -1)
		name = xstrdup(profile.name);
	profile_release(&profile);
	free(folder);
	return name;
}

int auth_load(struct auth *auth, const char *profile, struct deadline until,
              struct error *err)
{
	char *folder = paths_in_home(".cloud66");
	int rc = auth_load_from(auth, folder, profile, until, err);

	free(folder);
	return rc;
}

int auth_try(struct auth *auth, const char *profile, const char *text,
             struct deadline until, struct error *err)
{
	char *folder = paths_in_home(".cloud66");
	int rc = auth_try_in(auth, folder, profile, text, until, err);

	free(folder);
	return rc;
}

/* Load the profile, with the attempt's client where it has one. */
static int load_for(const struct oauth_attempt *attempt, struct profile *profile,
                    const char *folder, const char *name, struct error *err)
{
	int found = profile_load(profile, folder, name, err);
	const char *secret = attempt->client_secret;

	if (found == -1 || attempt->client_id == NULL)
		return found;
	free(profile->client_id);
	mem_free_secret(profile->client_secret);
	profile->client_id = xstrdup(attempt->client_id);
	profile->client_secret = xstrdup(secret != NULL ? secret : "");
	return found;
}

char *auth_page(const char *name, const struct oauth_attempt *attempt, struct error *err)
{
	struct profile profile = PROFILE_INIT;
	char *folder = paths_in_home(".cloud66");
	char *page = NULL;

	if (load_for(attempt, &profile, folder, name, err) != -1)
		page = oauth_page(&profile, attempt, err);
	profile_release(&profile);
	free(folder);
	return page;
}

int auth_redeem(const char *name, const char *code, const struct oauth_attempt *attempt,
                struct deadline until, struct error *err)
{
	struct profile profile = PROFILE_INIT;
	struct token token = TOKEN_INIT;
	char *folder = paths_in_home(".cloud66");
	int found = load_for(attempt, &profile, folder, name, err);
	int rc = -1;

	if (found != -1 && oauth_redeem(&profile, code, attempt, &token, until, err) == 0)
		rc = keep(folder, &profile, found == 0, &token, err);
	if (rc == 0 && found == PROFILE_READ && attempt->client_id != NULL)
		rc = profile_put(&profile, folder, until, err);
	token_release(&token);
	profile_release(&profile);
	free(folder);
	return rc;
}
