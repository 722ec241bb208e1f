/* SPDX-License-Identifier: MIT */
/*
 * hostkeynames.h - which names of our known_hosts belong to which server of the fleet.
 */
#ifndef FLEET_HOSTKEYNAMES_H
#define FLEET_HOSTKEYNAMES_H

struct error;
struct fleet;
struct knownhostsedit_owner;

/* Fill in the names of the server with this uid, in all stacks that list it: its uid's,
 * its aliases, its roles'.  The caller releases both lists. */
void hostkeynames_of(const struct fleet *fleet, const char *uid,
                     struct knownhostsedit_owner *owner);

/*
 * Take out of known_hosts what the fleet gives to others now: the name of a role from
 * the key of a server that left it, and an alias from the key of its last bearer.
 */
int hostkeynames_prune(const struct fleet *fleet, struct error *err);

#endif
