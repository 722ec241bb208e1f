/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - from what a user types to a host or stack of the fleet, in the inventory
 * file or, where it is not there, at the API.
 *
 * The functions block for the inventory lock and the API, until the deadline at most.
 * Errors as store.h, and ERROR_NO_HOST.
 */
#ifndef FLEET_RESOLVE_H
#define FLEET_RESOLVE_H

#include "base/deadline.h"
#include "fleet/selection.h"

struct config;
struct error;
struct fleet;

/* What names a host or stack; NULL or "" is not given. */
struct resolve_words {
	const char *app;         /* -s */
	const char *environment; /* -e */
	const char *server;      /* --server, or an operand */
};

/* The one way from a word to a host, for all commands: see selection_find().  *fleet must
 * outlive *found. */
int resolve_host(const struct config *config, const char *name, struct fleet *fleet,
                 struct host *found, struct deadline until, struct error *err);

/* The same for server with -e, without -s. */
int resolve_host_in(const struct config *config, const struct resolve_words *words,
                    struct fleet *fleet, struct host *found, struct deadline until,
                    struct error *err);

/*
 * The stack of the toolbelt's options app and environment; without app "stack" of
 * .cx.yml, and after that the git remote of this folder with its branch, or with the
 * environment where that is given.  ERROR_USAGE where none of them says.
 */
int resolve_stack(const struct config *config, const struct resolve_words *words,
                  struct fleet *fleet, struct stack **stack, struct deadline until,
                  struct error *err);

#endif
