/* SPDX-License-Identifier: MIT */
/*
 * selection.h - which stack, server or role a person means.
 *
 * The toolbelt's own matching rules (facts/cloud66.md 3.3 to 3.5), and ours for
 * what the generated configuration calls them.
 */
#ifndef FLEET_SELECTION_H
#define FLEET_SELECTION_H

#include <stddef.h>

struct error;
struct fleet;
struct role;
struct server;
struct stack;
struct strvec;

struct selection {
	struct stack *stack;
	struct server *server; /* NULL: a role */
	struct role *role;     /* NULL: a server */
};

/* By alias, uid or route target, exact.  1 found, 0 not. */
int selection_by_alias(const struct fleet *fleet, const char *name,
                       struct selection *found);

/* ERROR_NO_HOST that names the nearest aliases. */
int selection_unknown(const struct fleet *fleet, const char *name, struct error *err);

/* The toolbelt's -s APP [-e ENV]; environment may be NULL. */
int selection_stack(const struct fleet *fleet, const char *app, const char *environment,
                    struct stack **stack, struct error *err);

/* The stack deployed from this remote and branch; both as git prints them. */
int selection_by_git(const struct fleet *fleet, const char *remote, const char *branch,
                     struct stack **stack, struct error *err);

/* Are these two the same repository?  (facts/cloud66.md 3.4) */
int selection_same_remote(const char *a, const char *b);

/*
 * A server of the stack by IP or name, or a role.  Where the toolbelt takes the
 * first server of a role, this answers the role itself: the same server when it
 * is well, the next one when it is not.
 */
int selection_server(struct stack *stack, const char *name, struct selection *found,
                     struct error *err);

#endif
