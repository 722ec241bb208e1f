/* SPDX-License-Identifier: MIT */
/*
 * hostkeytarget.h - whose host keys a person means: a server, each server of a role, a
 * bastion, or one of them that has left the fleet and is only known by its key.
 */
#ifndef CLI_HOSTKEYTARGET_H
#define CLI_HOSTKEYTARGET_H

#include <stddef.h>

#include "base/strvec.h"
#include "hostkey/knownhostsedit.h"

struct config;
struct error;

struct hostkeytarget {
	char *called;  /* what a person calls it */
	char *address; /* what the user's own known_hosts may have it under, or NULL */
	struct knownhostsedit_owner owner;
	struct strvec
		gateways; /* a bastion's: "user@address", each login it is used with */
};

struct hostkeytargets {
	struct hostkeytarget *items;
	size_t count;
};

/*
 * Find whom name means: an alias, a uid, a role, a bastion's address or name.  The
 * cache and known_hosts are asked first, the API only when they know nothing.
 * ERROR_NO_HOST names the nearest.  Release *subjects in either case.
 */
int hostkeytargets_find(const struct config *config, const char *name,
                        struct hostkeytargets *subjects, struct error *err);
void hostkeytargets_release(struct hostkeytargets *subjects);

#endif
