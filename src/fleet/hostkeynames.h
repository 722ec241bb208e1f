/* SPDX-License-Identifier: MIT */
/*
 * hostkeynames.h - which names of cxssh's known_hosts belong to which server of the
 * fleet.
 */
#ifndef FLEET_HOSTKEYNAMES_H
#define FLEET_HOSTKEYNAMES_H

struct error;
struct fleet;
struct knownhostsedit_owner;

/* Add the names of the server with this uid, in all stacks that list it: of its uid, its
 * aliases, its roles.  The caller releases both lists.  Does not block. */
void hostkeynames_of(const struct fleet *fleet, const char *uid,
                     struct knownhostsedit_owner *owner);

/*
 * Take from known_hosts the names that the fleet gives to another server now: a role from
 * the key of a server that left it, an alias from the key of the server that had it.
 * Blocks for the file's lock, up to 5 s; errors as knownhostsedit_prune().
 */
int hostkeynames_prune(const struct fleet *fleet, struct error *err);

#endif
