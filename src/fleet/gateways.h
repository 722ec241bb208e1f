/* SPDX-License-Identifier: MIT */
/*
 * gateways.h - the bastions of a fleet, and the one that a name means.
 */
#ifndef FLEET_GATEWAYS_H
#define FLEET_GATEWAYS_H

struct config;
struct error;
struct fleet;
struct strvec;

/* Push every gateway ("user@address") of the fleet, once. */
void gateways_collect(const struct fleet *fleet, struct strvec *gateways);

/* The one of gateways that is name, or whose address is; NULL: none.  The caller frees
 * it. */
char *gateways_pick(const struct strvec *gateways, const char *name);

/*
 * "user@address" of the gateway of the fleet that name means: itself, its address, or
 * its name in the account's list, for which the API is asked.  The caller frees it.
 * NULL with ERROR_NO_HOST when there is none, or with the errors of fleet_load().
 * Blocks, up to a minute.
 */
char *gateways_find(const struct config *config, const char *name, struct error *err);

#endif
