/* SPDX-License-Identifier: MIT */
/*
 * serverkeys.h - the server keys of the API on this machine: removed, and found where
 * their stack is gone.
 */
#ifndef CLI_SERVERKEYS_H
#define CLI_SERVERKEYS_H

struct error;
struct fleet;
struct knownuids;
struct strvec;

/* Remove the key of path (keys/identity.h) from ssh-agent and its file, and print what
 * was removed.  Blocks for the agent, 2 s at most.  -1 with ERROR_CONFIG or of the agent.
 */
int serverkeys_remove(const char *path, struct error *err);

/* Push the paths of keys in ~/.ssh, or in ssh-agent, of no known stack.  A name that the
 * API cannot have given is no key of a server.  known NULL: push all. */
void serverkeys_list(const struct knownuids *known, struct strvec *paths);

/* Print how many keys have lost their stack, after a sync of fleet. */
void serverkeys_print_stale(const struct fleet *fleet);

#endif
