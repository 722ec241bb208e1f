/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - from what a user types to a host or stack of the fleet, in the inventory
 * file or, where it is not there, at the API.
 *
 * Both functions block for the inventory lock and the API, until the deadline at most.
 * Errors as store.h, and ERROR_NO_HOST.
 */
#ifndef FLEET_RESOLVE_H
#define FLEET_RESOLVE_H

#include "base/deadline.h"
#include "fleet/selection.h"

struct config;
struct error;
struct fleet;

/* name as ssh knows it: alias, uid or route target.  *fleet must outlive *found.
 * ERROR_NO_HOST names the nearest. */
int resolve_alias(const struct config *config, const char *name, struct fleet *fleet,
                  struct host *found, struct deadline until, struct error *err);

/*
 * The stack of the toolbelt's options: app and environment from -s and -e, or NULL: then
 * "stack" of .cx.yml, and after that the git remote and branch of this folder.
 * ERROR_USAGE where none of them says.
 */
int resolve_stack(const struct config *config, const char *app, const char *environment,
                  struct fleet *fleet, struct stack **stack, struct deadline until,
                  struct error *err);

#endif
