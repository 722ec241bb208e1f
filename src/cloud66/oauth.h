/* SPDX-License-Identifier: MIT */
/*
 * oauth.h - the two requests to the token endpoint, and the URL at which the user agrees
 * (src/doc/cloud66.md).  Stores nothing and takes no lock: auth.h does.
 */
#ifndef CLOUD66_OAUTH_H
#define CLOUD66_OAUTH_H

#include "base/deadline.h"

struct error;
struct profile;
struct token;

/* One login in a browser; made by oauth_attempt(). */
struct oauth_attempt {
	const char *redirect_uri;  /* where the code is sent to */
	const char *client_id;     /* NULL: the profile's client */
	const char *client_secret; /* of client_id; NULL or "": it has none */
	char state[33];            /* comes back with the code */
	char verifier[65];         /* of PKCE (RFC 7636); secret */
};

/* Draw state and verifier.  -1 with ERROR_INTERNAL where the system gives no random
 * numbers: predictable ones would let another site log in. */
int oauth_attempt(struct oauth_attempt *attempt, struct error *err);

/*
 * Exchange the token's refresh token for a new token, in place.  ERROR_DENIED when the
 * user has to log in again; ERROR_UNAVAILABLE, ERROR_RETRY.
 *
 * Blocks until the deadline for the connection.  The answer is waited for at least 30 s:
 * a refresh token may be single-use, and is spent once the request has arrived.
 */
int oauth_refresh(const struct profile *profile, struct token *token,
                  struct deadline until, struct error *err);

/* Exchange the code that came to the attempt's redirect_uri for a token.  The profile has
 * the attempt's client.  Blocks; errors as above. */
int oauth_redeem(const struct profile *profile, const char *code,
                 const struct oauth_attempt *attempt, struct token *token,
                 struct deadline until, struct error *err);

/* The URL to open in a browser; the caller frees it.  NULL with ERROR_CONFIG when the
 * profile has no client_id. */
char *oauth_page(const struct profile *profile, const struct oauth_attempt *attempt,
                 struct error *err);

#endif
