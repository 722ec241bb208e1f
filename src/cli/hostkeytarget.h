/* SPDX-License-Identifier: MIT */
/*
 * hostkeytarget.h - the hosts whose host keys a name means: a server, each server of a
 * role, a bastion, or one that is not in the fleet any more but still in known_hosts.
 */
#ifndef CLI_HOSTKEYTARGET_H
#define CLI_HOSTKEYTARGET_H

#include <stddef.h>

#include "base/strvec.h"
#include "hostkey/knownhostsedit.h"

struct config;
struct error;

struct hostkeytarget {
	char *called;  /* for messages */
	char *uid;     /* of a server of the fleet, else NULL */
	char *address; /* its name in the user's own known_hosts, or NULL */
	struct knownhostsedit_owner owner;
	struct strvec
		gateways; /* a bastion's: "user@address", each login it is used with */
};

struct hostkeytargets {
	struct hostkeytarget *items;
	size_t count;
};

/*
 * Find what name means: an alias, a uid, a role, a bastion's address or name.  Looks into
 * the inventory and known_hosts first; only when they have nothing it asks the API and
 * blocks, up to a minute each for host and bastion.  ERROR_NO_HOST names the nearest;
 * else the errors of resolve.h.  Release *targets in either case.
 */
int hostkeytargets_find(const struct config *config, const char *name,
                        struct hostkeytargets *targets, struct error *err);
void hostkeytargets_release(struct hostkeytargets *targets);

#endif
