/* SPDX-License-Identifier: MIT */
/*
 * auth.h - the login at the API: the toolbelt's own profiles and token files, read and
 * written exactly as it does (src/doc/cloud66.md).
 */
#ifndef CLOUD66_AUTH_H
#define CLOUD66_AUTH_H

#include "base/deadline.h"

struct error;
struct oauth_attempt;
struct token;

struct auth {
	char *base_url;      /* "https://app.cloud66.com", no trailing slash */
	char *profile;       /* its name */
	char *organization;  /* friendly name of an account, or NULL */
	char *token;         /* bearer; secret: freed with auth_release() */
	char *token_path;    /* the file it is kept in */
	char *scopes;        /* as at the login in the browser, or NULL */
	char *cx_token;      /* CXTOKEN, for the header X-CxToken; secret; or NULL */
	struct token *given; /* to auth_try(), for auth_keep(); or NULL */
};

#define AUTH_INIT \
	{ \
		.base_url = NULL \
	}

/*
 * Load a profile (NULL: last_profile; no file: the defaults) and its token: from the
 * token file, else from CLOUD66_TOKEN (base64 of the token JSON, which is then written
 * to the file, as the toolbelt does).  A token past its Expiry is refreshed by one
 * process; the others wait for its lock.  Blocks then, until the deadline at most, or
 * 30 s for the answer.  ERROR_DENIED when there is no token; ERROR_CONFIG when a file is
 * broken or others can read the token; ERROR_UNAVAILABLE, ERROR_RETRY of the refresh.
 * The caller releases *auth, also after a failure.
 */
int auth_load(struct auth *auth, const char *profile, struct deadline until,
              struct error *err);
void auth_release(struct auth *auth);

/* The name of the last profile, which the caller frees; NULL where the profiles cannot
 * be read.  Does not block. */
char *auth_last_profile(void);

/*
 * As auth_load(), with a given token: a Personal Access Token, or the toolbelt's token
 * JSON as "cx dump-token" prints it, or the base64 of that.  It is not written, so that a
 * wrong token does not replace a right one: api_ping() tries it, then auth_keep() stores
 * it.  A token past its Expiry is refreshed and stored at once; where the API is not
 * reached, it stays as it is.
 */
int auth_try(struct auth *auth, const char *profile, const char *text,
             struct deadline until, struct error *err);

/* Store the token of auth_try(): token file 0600, profile file created as the toolbelt
 * does where it is missing.  Does not block.  ERROR_CONFIG. */
int auth_keep(const struct auth *auth, struct error *err);

/* Remove the token file of profile (NULL: last_profile).  *path is its path, which the
 * caller frees.  Does not block.  -1 with ERROR_CONFIG. */
enum auth_forgotten { AUTH_NO_TOKEN = 0, AUTH_FORGOTTEN = 1 };
int auth_forget(const char *profile, char **path, struct error *err);

/*
 * Login in a browser (oauth.h): the URL to open (the caller frees it; NULL with
 * ERROR_CONFIG when neither attempt nor profile has a client), and then, with the code
 * that came back, the token, which is stored as by auth_keep(), and in the profile the
 * client that can renew it.  auth_redeem() blocks.
 */
char *auth_page(const char *profile, const struct oauth_attempt *attempt,
                struct error *err);
int auth_redeem(const char *profile, const char *code,
                const struct oauth_attempt *attempt, struct deadline until,
                struct error *err);

/* The same with another folder than ~/.cloud66: for tests. */
int auth_load_from(struct auth *auth, const char *folder, const char *profile,
                   struct deadline until, struct error *err);
int auth_try_in(struct auth *auth, const char *folder, const char *profile,
                const char *text, struct deadline until, struct error *err);

#endif
