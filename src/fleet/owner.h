/* SPDX-License-Identifier: MIT */
/*
 * owner.h - the login that the inventory was fetched with: a profile of the toolbelt, and
 * an organization if it was chosen by --org.
 *
 * A sync decides it.  Later calls of the API use the same login, so that no connection
 * asks one account for a server of another.  It is stored beside the inventory, in
 * ~/.cache/cxssh/profile.  No function here blocks but those of the session.
 */
#ifndef FLEET_OWNER_H
#define FLEET_OWNER_H

#include <stdbool.h>

#include "base/deadline.h"

struct api;
struct config;
struct error;
struct fleet;

struct login {
	char *profile; /* NULL: the toolbelt's last one */
	char *org;     /* name of an account; NULL: the profile's organization */
};

/* The login to use: the configured one, else the inventory's.  Release it. */
void sync_login_get(const struct config *config, struct login *login);
void sync_login_release(struct login *login);

/* Is the login of config the one of the inventory?  If not, the file is of no use. */
bool sync_login_is_stored(const struct config *config);

/* Store the login; org may be NULL.  -1 with ERROR_CONFIG. */
int sync_login_store(const char *profile, const char *org, struct error *err);

/* May fleet, fetched to look up a name, replace the inventory?  Not where it is another
 * login's, nor where it is empty. */
bool sync_login_may_replace(const struct fleet *fleet);

/* Print on stdout where profile is that of the last sync, and not the toolbelt's last. */
void sync_login_print(const struct config *config, const char *profile);

/*
 * An API session with the login to use.  Blocks where a token is refreshed or an account
 * id is asked for.  Errors as api_open().  The caller frees the result with api_free().
 */
struct api *api_session(const struct config *config, struct deadline until,
                        struct error *err);

/* The same with token, which is not stored: for api_ping(), then api_keep_token(). */
struct api *api_session_with_token(const struct config *config, const char *token,
                                   struct deadline until, struct error *err);

#endif
