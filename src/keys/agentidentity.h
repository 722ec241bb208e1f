/* SPDX-License-Identifier: MIT */
/*
 * agentidentity.h - a server's key that is in ssh-agent and not in a file: FILE.pub, its
 * public half, and whether the agent has it now.
 *
 * ssh's IdentityFile names FILE.pub, so that ssh offers this key of the agent and no
 * other.  The file's modification time is when the key is to be fetched anew, shortly
 * before the agent removes it.  keys/agentadd puts the key there.
 */
#ifndef KEYS_AGENTIDENTITY_H
#define KEYS_AGENTIDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct error;
struct strbuf;

/* Does the path name a public key, FILE.pub?  As IdentityFile it is one of the agent's.
 */
bool agentidentity_is_one(const char *identity);

/* Has the agent at $SSH_AUTH_SOCK the key of this blob?  Blocks on the agent, at most
 * until the deadline. */
bool agentidentity_is_loaded(const struct strbuf *blob, struct deadline until);

/* Can ssh use it now: the file is there, the key need not be fetched anew, and the agent
 * at $SSH_AUTH_SOCK has it?  Blocks on the agent, at most until the deadline. */
bool agentidentity_is_ready(const char *identity, struct deadline until);

/* Append the key's blob (SSH wire format); false when the file has none. */
bool agentidentity_blob(const char *identity, struct strbuf *blob);

/* When to fetch it anew, in seconds since the epoch; 0 when there is no file. */
int64_t agentidentity_renewal(const char *identity);

/* Remove a FILE.pub that agentidentity_write() wrote, once the agent has removed the key.
 * Beside a key in a file it would cost each login a round trip: ssh then asks first
 * whether the key would do. */
void agentidentity_remove_stale(const char *identity);

/* Write the file for blob, to be fetched anew at renewal (seconds since the epoch).  -1
 * with ERROR_CONFIG. */
int agentidentity_write(const char *identity, const struct strbuf *blob, int64_t renewal,
                        struct error *err);

#endif
