/* SPDX-License-Identifier: MIT */
/*
 * owner.h - whose the inventory is: the toolbelt's profile that it was fetched with.
 *
 * A sync decides that.  Whoever goes to the API afterwards goes with the same login, so
 * that no connection asks one account for a server of another.  The name is kept beside
 * the inventory, in ~/.cache/cxssh/profile.
 */
#ifndef FLEET_OWNER_H
#define FLEET_OWNER_H

#include <stdbool.h>

struct config;
struct error;
struct fleet;

/* The profile to go with: the one that is set, else the inventory's; NULL: neither, so
 * that it is the toolbelt's last one.  The caller frees it. */
char *sync_profile_get(const struct config *config);

/* From now on the inventory is this profile's. */
int sync_profile_store(const char *profile, struct error *err);

/*
 * May this, fetched because somebody looked up a name, take the place of the inventory?
 * Not where it is another profile's, nor where it is empty: a look-up takes nothing away.
 */
bool sync_profile_may_replace(const struct fleet *fleet);

/* Tell on stdout that profile was used for the last sync's sake only. */
void sync_profile_log(const struct config *config, const char *profile);

#endif
