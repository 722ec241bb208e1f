/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - from what a person types to a member of the fleet.
 */
#ifndef FLEET_RESOLVE_H
#define FLEET_RESOLVE_H

#include "base/deadline.h"
#include "fleet/selection.h"

struct config;
struct error;
struct fleet;

/*
 * name as ssh knows it (alias, uid), looked up in the cache and, where it is not
 * there, at the API.  *fleet must outlive *found.  ERROR_NO_HOST names the nearest.
 */
int resolve_alias(const struct config *config, const char *name, struct fleet *fleet,
                  struct selection *found, struct deadline until, struct error *err);

/*
 * The stack a toolbelt's user means: app and environment from -s and -e, or NULL:
 * then .cx.yml's "stack" and after that the git remote and branch of this folder.
 */
int resolve_stack(const struct config *config, const char *app, const char *environment,
                  struct fleet *fleet, struct stack **stack, struct deadline until,
                  struct error *err);

#endif
