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

/*
 * The host that a user means by name.  The first of these that fits decides: alias, uid
 * or route target, exact; alias in any case; uid in any case; address; name of a server
 * in any case; name of a role; begin of an alias; begin of a server's name.
 * SELECTION_AMBIGUOUS, with ERROR_NO_HOST that names some of them, when several hosts fit
 * equally.  Only stacks whose environment begins so, in any case, count; NULL: all.
 */
enum selection_result { SELECTION_NONE, SELECTION_FOUND, SELECTION_AMBIGUOUS };
enum selection_result selection_find(const struct fleet *fleet, const char *environment,
                                     const char *name, struct host *found,
                                     struct error *err);

/* ERROR_NO_HOST that names the nearest aliases, or ERROR_RETRY for a server that has no
 * address yet; -1. */
int selection_unknown(const struct fleet *fleet, const char *name, struct error *err);

/* The toolbelt's -s APP [-e ENV], or the uid of a stack; environment may be NULL.
 * ERROR_NO_HOST. */
int selection_stack(const struct fleet *fleet, const char *app, const char *environment,
                    struct stack **stack, struct error *err);

/*
 * The stack deployed from this remote and branch, both as git prints them.  With an
 * environment: of the stacks of this remote the one in it, whose branch decides between
 * several; branch may then be NULL.  ERROR_NO_HOST.
 */
int selection_by_git(const struct fleet *fleet, const char *remote, const char *branch,
                     const char *environment, struct stack **stack, struct error *err);

/*
 * A server of the stack by IP or name, or a role; ERROR_NO_HOST.  For a role the result
 * is the role, where the toolbelt takes its first server: the same one while it is
 * healthy.
 */
int selection_server(struct stack *stack, const char *name, struct host *found,
                     struct error *err);

#endif
