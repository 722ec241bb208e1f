/* SPDX-License-Identifier: MIT */
#include "tokens.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

#define CODE_LIFE_MS 600000
#define ALL_SCOPES "public redeploy jobs users admin"

struct expired {
	char *token;
	struct expired *next;
};

struct tokens {
	struct fleet *fleet;
	struct grant *grants;
	struct expired *expired;
};

struct tokens *tokens_open(struct fleet *fleet)
{
	struct tokens *tokens = xcalloc(1, sizeof(*tokens));

	tokens->fleet = fleet;
	return tokens;
}

void tokens_forgive(struct tokens *tokens)
{
	while (tokens->expired != NULL) {
		struct expired *next = tokens->expired->next;

		free(tokens->expired->token);
		free(tokens->expired);
		tokens->expired = next;
	}
}

void tokens_free(struct tokens *tokens)
{
	if (tokens == NULL)
		return;
	tokens_forgive(tokens);
	while (tokens->grants != NULL) {
		struct grant *grant = tokens->grants;

		tokens->grants = grant->next;
		free(grant->client);
		free(grant->scope);
		free(grant->redirect_uri);
		free(grant->challenge);
		free(grant->code);
		free(grant->access);
		free(grant->refresh);
		free(grant);
	}
	free(tokens);
}

static bool same(const char *one, const char *other)
{
	return one != NULL && other != NULL && strcmp(one, other) == 0;
}

static bool is_expired(struct tokens *tokens, const char *token)
{
	for (struct expired *old = tokens->expired; old != NULL; old = old->next)
		if (strcmp(old->token, token) == 0)
			return true;
	return fleet_lists(tokens->fleet, "expired_tokens", token);
}

enum token_state tokens_check(struct tokens *tokens, const char *token,
                              const char **scopes)
{
	*scopes = NULL;
	if (token == NULL)
		return TOKEN_NONE;
	if (is_expired(tokens, token))
		return TOKEN_BAD;
	if (same(fleet_text(tokens->fleet, "token", NULL), token) ||
	    fleet_lists(tokens->fleet, "tokens", token)) {
		*scopes = fleet_member(fleet_value(tokens->fleet, "token_scopes"), token);
		return TOKEN_OK;
	}
	for (struct grant *grant = tokens->grants; grant != NULL; grant = grant->next)
		if (same(grant->access, token) && now_ms() < grant->access_until_ms) {
			*scopes = grant->scope;
			return TOKEN_OK;
		}
	return TOKEN_BAD;
}

void tokens_expire(struct tokens *tokens, const char *token)
{
	struct expired *old;

	if (token == NULL)
		return;
	old = xcalloc(1, sizeof(*old));
	old->token = xstrdup(token);
	old->next = tokens->expired;
	tokens->expired = old;
}

static struct grant *grant_new(struct tokens *tokens, const char *client,
                               const char *scope)
{
	struct grant *grant = xcalloc(1, sizeof(*grant));

	grant->client = xstrdup(client);
	grant->scope = xstrdup(scope);
	grant->next = tokens->grants;
	tokens->grants = grant;
	return grant;
}

static char *new_secret(void)
{
	char token[RANDOM_TOKEN_SIZE];

	random_token(token);
	return xstrdup(token);
}

static void issue(struct grant *grant, int64_t seconds)
{
	grant->access = new_secret();
	grant->refresh = new_secret();
	grant->access_until_ms = now_ms() + seconds * 1000;
}

const char *tokens_new_code(struct tokens *tokens, const char *client, const char *scope,
                            const char *redirect_uri, const char *challenge)
{
	struct grant *grant = grant_new(tokens, client, scope);

	grant->redirect_uri = xstrdup(redirect_uri);
	grant->challenge = challenge != NULL ? xstrdup(challenge) : NULL;
	grant->code = new_secret();
	grant->code_until_ms = now_ms() + CODE_LIFE_MS;
	return grant->code;
}

const struct grant *tokens_redeem(struct tokens *tokens, const char *client,
                                  const char *code, const char *redirect_uri,
                                  const char *challenge, int64_t seconds)
{
	for (struct grant *grant = tokens->grants; grant != NULL; grant = grant->next) {
		if (!same(grant->code, code))
			continue;
		free(grant->code); /* also when misused */
		grant->code = NULL;
		if (!same(grant->client, client) ||
		    !same(grant->redirect_uri, redirect_uri) ||
		    (grant->challenge != NULL && !same(grant->challenge, challenge)) ||
		    now_ms() >= grant->code_until_ms)
			return NULL;
		issue(grant, seconds);
		return grant;
	}
	return NULL;
}

/* The scopes that a refresh token stands for, or NULL if it is not valid. */
static const char *refresh_scope(struct tokens *tokens, const char *client,
                                 const char *refresh, bool use_up)
{
	for (struct grant *grant = tokens->grants; grant != NULL; grant = grant->next) {
		if (!same(grant->refresh, refresh) || !same(grant->client, client))
			continue;
		if (use_up) {
			free(grant->refresh);
			grant->refresh = NULL;
		}
		return grant->scope;
	}
	return fleet_lists(tokens->fleet, "refresh_tokens", refresh) ? ALL_SCOPES : NULL;
}

const struct grant *tokens_refresh(struct tokens *tokens, const char *client,
                                   const char *refresh, bool rotate, int64_t seconds)
{
	const char *scope;
	struct grant *grant;

	/* One that was replaced, or expired on demand, is of no use either. */
	if (refresh == NULL || is_expired(tokens, refresh))
		return NULL;
	scope = refresh_scope(tokens, client, refresh, rotate);
	if (scope == NULL)
		return NULL;
	if (rotate)
		tokens_expire(tokens, refresh);
	grant = grant_new(tokens, client, scope);
	issue(grant, seconds);
	return grant;
}
