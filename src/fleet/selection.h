/* SPDX-License-Identifier: MIT */
/*
 * selection.h - the stack or host that a name means, in a fleet that is in memory.
 *
 * Follows the toolbelt's matching rules (src/doc/cloud66.md), and those of the
 * generated configuration.  Nothing here blocks.
 */
#ifndef FLEET_SELECTION_H
#define FLEET_SELECTION_H

#include <stdbool.h>

struct error;
struct fleet;
struct host;
struct stack;

/* By alias, uid or route target, exact. */
bool selection_by_alias(const struct fleet *fleet, const char *name, struct host *found);

/* ERROR_NO_HOST that names the nearest aliases; -1. */
int selection_unknown(const struct fleet *fleet, const char *name, struct error *err);

/* The toolbelt's -s APP [-e ENV]; environment may be NULL.  ERROR_NO_HOST. */
int selection_stack(const struct fleet *fleet, const char *app, const char *environment,
                    struct stack **stack, struct error *err);

/* The stack deployed from this remote and branch, both as git prints them.
 * ERROR_NO_HOST. */
int selection_by_git(const struct fleet *fleet, const char *remote, const char *branch,
                     struct stack **stack, struct error *err);

/* Do these two remotes name the same repository? */
bool selection_same_remote(const char *a, const char *b);

/*
 * A server of the stack by IP or name, or a role; ERROR_NO_HOST.  For a role the result
 * is the role, where the toolbelt takes its first server: the same one while it is
 * healthy.
 */
int selection_server(struct stack *stack, const char *name, struct host *found,
                     struct error *err);

#endif
