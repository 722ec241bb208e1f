/* SPDX-License-Identifier: MIT */
/*
 * knownuids.h - the stacks and servers that any login of this machine sees.
 */
#ifndef FLEET_KNOWNUIDS_H
#define FLEET_KNOWNUIDS_H

#include <stdbool.h>

#include "base/deadline.h"
#include "base/strvec.h"

struct config;
struct error;
struct fleet;

struct knownuids {
	struct strvec stacks;  /* sorted */
	struct strvec servers; /* sorted, in lower case, as in known_hosts */
	bool incomplete; /* a stack or server was skipped: its field is not allowed */
};

/*
 * Ask the API with every profile that has a token, for all stacks.  -1 with the first
 * error, as api_open() and inventory_fetch() set it.  Blocks until the deadline at most.
 * The caller releases *known, also after a failure.
 */
int knownuids_ask(const struct config *config, struct knownuids *known,
                  struct deadline until, struct error *err);
void knownuids_release(struct knownuids *known);

/* Only the stacks of fleet, without the API; false where there is another profile. */
bool knownuids_of(const struct fleet *fleet, struct knownuids *known);

#endif
