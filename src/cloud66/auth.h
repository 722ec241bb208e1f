/* SPDX-License-Identifier: MIT */
/*
 * auth.h - who we are to the API: the toolbelt's own profiles and token files,
 * read and written exactly as it does (facts/cloud66.md 1.2, 1.3).
 */
#ifndef CLOUD66_AUTH_H
#define CLOUD66_AUTH_H

#include "base/deadline.h"

struct error;
struct token;

struct auth {
	char *base_url;        /* "https://app.cloud66.com", no trailing slash */
	char *profile;         /* its name */
	char *organization;    /* friendly name of an account, or NULL */
	char *token;           /* bearer; secret: freed with auth_release() */
	char *token_path;      /* the file it is kept in */
	char *cx_token;        /* CXTOKEN, for the header X-CxToken; secret; or NULL */
	struct token *brought; /* by auth_try(), for auth_keep(); or NULL */
};

#define AUTH_INIT \
	{ \
		.base_url = NULL \
	}

/*
 * Load a profile (NULL: last_profile; none at all: the defaults) and its token:
 * from the token file, else from CLOUD66_TOKEN (base64 of the token JSON, which
 * is then written to the file, as the toolbelt does).  A token past its Expiry
 * is refreshed over the network, once for however many processes notice it.
 * ERROR_DENIED and "cxssh login" when there is no token; ERROR_CONFIG when a file
 * is broken, or when others can read the token.  The caller releases *auth, also
 * after a failure.
 */
int auth_load(struct auth *auth, const char *profile, struct deadline until,
              struct error *err);
void auth_release(struct auth *auth);

/* The name of the profile that NULL stands for, which the caller frees; NULL where the
 * profiles cannot be read. */
char *auth_last_profile(void);

/*
 * As auth_load(), with a token that somebody brings: a Personal Access Token, or the
 * toolbelt's token JSON as "cx dump-token" prints it, or the base64 of that.  It is
 * written nowhere, so that a wrong one costs nobody the right one: api_ping() tries it
 * out, then auth_keep().  Only one past its Expiry is kept by being renewed; where the
 * API is away, it stays as it is.
 */
int auth_try(struct auth *auth, const char *profile, const char *text,
             struct deadline until, struct error *err);

/* Keep what auth_try() took: token file 0600, profile file created as the toolbelt
 * would where it is missing. */
int auth_keep(const struct auth *auth, struct error *err);

/*
 * Logging in with a browser: the page to open (the caller frees it; NULL with
 * ERROR_CONFIG when the profile has no client), and then, with the code that came
 * back to redirect_uri, the token, which is kept as by auth_keep().
 */
char *auth_page(const char *profile, const char *redirect_uri, const char *state,
                struct error *err);
int auth_redeem(const char *profile, const char *code, const char *redirect_uri,
                struct deadline until, struct error *err);

/* The same two with another folder than ~/.cloud66: for tests. */
int auth_load_from(struct auth *auth, const char *folder, const char *profile,
                   struct deadline until, struct error *err);
int auth_try_in(struct auth *auth, const char *folder, const char *profile,
                const char *text, struct deadline until, struct error *err);

#endif
