/* SPDX-License-Identifier: MIT */
/*
 * gatewayname.h - which bastion a person means.
 */
#ifndef FLEET_GATEWAYNAME_H
#define FLEET_GATEWAYNAME_H

struct config;
struct error;
struct fleet;
struct strvec;

/* Push every gateway ("user@address") of the fleet, once. */
void gatewayname_collect(const struct fleet *fleet, struct strvec *gateways);

/*
 * "user@address" of the gateway of the fleet that name means: itself, its address, or
 * its name in the account's list, for which the API is asked.  The caller frees it.
 * NULL with ERROR_NO_HOST when there is none.  Blocks, up to a minute.
 */
char *gatewayname_find(const struct config *config, const char *name, struct error *err);

#endif
