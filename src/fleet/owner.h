/* SPDX-License-Identifier: MIT */
/*
 * owner.h - the toolbelt's profile that the inventory was fetched with.
 *
 * A sync decides it.  Later calls of the API use the same login, so that no connection
 * asks one account for a server of another.  The name is stored beside the inventory, in
 * ~/.cache/cxssh/profile.  No function here blocks.
 */
#ifndef FLEET_OWNER_H
#define FLEET_OWNER_H

#include <stdbool.h>

struct config;
struct error;
struct fleet;

/* The profile to use: the configured one, else the inventory's; NULL: the toolbelt's last
 * one.  The caller frees it. */
char *sync_profile_get(const struct config *config);

/* Store the profile.  -1 with ERROR_CONFIG. */
int sync_profile_store(const char *profile, struct error *err);

/* May fleet, fetched to look up a name, replace the inventory?  Not where it is another
 * profile's, nor where it is empty. */
bool sync_profile_may_replace(const struct fleet *fleet);

/* Print on stdout where profile is that of the last sync, and not the toolbelt's last. */
void sync_profile_log(const struct config *config, const char *profile);

#endif
