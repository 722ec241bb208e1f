/* SPDX-License-Identifier: MIT */
/*
 * tokens.h - tokens of the fleet file and tokens issued here.
 *
 * Knows codes, access tokens, refresh tokens and their ends.  Knows no HTTP.
 * The caller holds the sandbox's lock.
 */
#ifndef SANDBOX_TOKENS_H
#define SANDBOX_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "fleet.h"

enum token_state { TOKEN_NONE, TOKEN_BAD, TOKEN_OK };

/* Strings are owned by the module and live as long as it. */
struct grant {
	char *client, *scope, *redirect_uri;
	char *challenge; /* of PKCE (RFC 7636, S256), or NULL */
	char *code;      /* NULL once used */
	char *access, *refresh;
	int64_t code_until_ms, access_until_ms;
	struct grant *next;
};

struct tokens *tokens_open(struct fleet *fleet);
void tokens_free(struct tokens *tokens);

/* *scopes is the token's, or NULL for all. */
enum token_state tokens_check(struct tokens *tokens, const char *token,
                              const char **scopes);

/* From now on this token is no longer valid, wherever it came from. */
void tokens_expire(struct tokens *tokens, const char *token);

/* Tokens of the fleet that were expired on demand are valid again. */
void tokens_forgive(struct tokens *tokens);

/* A new code, valid once and for ten minutes. */
const char *tokens_new_code(struct tokens *tokens, const char *client, const char *scope,
                            const char *redirect_uri, const char *challenge);

/* Tokens for a code, or NULL; challenge is that of the verifier which came with it. */
const struct grant *tokens_redeem(struct tokens *tokens, const char *client,
                                  const char *code, const char *redirect_uri,
                                  const char *challenge, int64_t seconds);

/*
 * A new access token for a refresh token, or NULL.  With rotate the refresh
 * token is good only once; otherwise the old one stays valid beside the new.
 */
const struct grant *tokens_refresh(struct tokens *tokens, const char *client,
                                   const char *refresh, bool rotate, int64_t seconds);

#endif
