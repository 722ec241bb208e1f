/* SPDX-License-Identifier: MIT */
/*
 * oauth.h - the two requests to the token endpoint, and the address at which a
 * person says yes (facts/cloud66.md 1.2).
 *
 * Knows forms and answers; keeps nothing and takes no lock: that is auth's work.
 */
#ifndef CLOUD66_OAUTH_H
#define CLOUD66_OAUTH_H

#include "base/deadline.h"

struct error;
struct profile;
struct token;

/*
 * Exchange the token's refresh token for a new token, in place.  ERROR_DENIED when
 * there is no way left but to log in again.
 *
 * The deadline is that of connecting.  A refresh token may be good for once, and is
 * spent when the request has arrived: from then on the answer is waited for longer,
 * although whoever asked for it may have gone.
 */
int oauth_refresh(const struct profile *profile, struct token *token,
                  struct deadline until, struct error *err);

/* Exchange a code, as the browser brought it to redirect_uri, for a token. */
int oauth_redeem(const struct profile *profile, const char *code,
                 const char *redirect_uri, struct token *token, struct deadline until,
                 struct error *err);

/* The page to open in a browser; the caller frees it.  NULL with ERROR_CONFIG when
 * the profile has no client to log in with. */
char *oauth_page(const struct profile *profile, const char *redirect_uri,
                 const char *state, struct error *err);

#endif
