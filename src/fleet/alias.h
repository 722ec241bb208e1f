/* SPDX-License-Identifier: MIT */
/*
 * alias.h - the names that users type: the alias of each server and role of a fleet.
 *
 * The result depends on the set of stacks, servers and roles, never on their order.  A
 * server that comes or goes changes no other alias but those that are made of the same
 * text:
 *
 *   myapp-lion                 stack and server, or stack and role
 *   myapp-staging-lion         the stack's name stands in several environments
 *   myapp-0a1b2c-lion          ... or twice in one: the stack's uid
 *   myapp-role-web             a server is called web, too: the server wins
 *   myapp-lion-1f2e3d          two servers slug alike: each gets its uid
 *   a-very-long-na-lion-1f2e3d  cut to 40 characters, and made unique
 */
#ifndef FLEET_ALIAS_H
#define FLEET_ALIAS_H

#include <stdbool.h>

struct error;
struct fleet;
struct foreignnames;
struct keptnames;

enum { ALIAS_MAX = 40 };

/*
 * Set the alias of every server and role of fleet->stacks, and the prefix of each stack;
 * the names of fleet->others count, too, so that an alias does not depend on which stacks
 * are selected.  valid_alias() holds for each, and no two are the same.
 *
 * A name that kept (may be NULL) gives to a stack is no other stack's, and a stack whose
 * prefix was kept goes on with it; where another machine would use another one, each of
 * its hosts gets a second alias with that.  A name that is given for the first time is
 * none that foreign (may be NULL) has.  Reads files of foreign, does not block otherwise.
 */
void alias_assign(struct fleet *fleet, const struct keptnames *kept,
                  struct foreignnames *foreign);

/*
 * Give each server and role of fleet its names: those that are kept, or, where anew is
 * set, those of a machine that has kept none.  Writes nothing.  Errors as
 * keptnames_load().
 */
int fleet_assign_aliases(struct fleet *fleet, bool anew, struct error *err);

#endif
