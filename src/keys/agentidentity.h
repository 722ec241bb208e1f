/* SPDX-License-Identifier: MIT */
/*
 * agentidentity.h - a server's key that lies in ssh-agent instead of in a file: the file
 * with its public half, and whether the agent has it now.
 *
 * In ~/.ssh there is only FILE.pub, which ssh's IdentityFile names, so that ssh offers
 * this key of the agent's and no other.  The file's time of modification is when the
 * key is to be fetched anew: a little before the agent forgets it.  Knows no API and
 * no private key; see keys/agentadd for how the key gets there.
 */
#ifndef KEYS_AGENTIDENTITY_H
#define KEYS_AGENTIDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct error;
struct strbuf;

/* Is this, an IdentityFile of ours, such a key?  By its name. */
bool agentidentity_is_one(const char *identity);

/* May ssh start with it: the file is there, its time has not come, and the agent at
 * $SSH_AUTH_SOCK has the key.  Waits for the agent no longer than the deadline. */
bool agentidentity_is_ready(const char *identity, struct deadline until);

/* Append the key's blob, in SSH's wire format; false when the file has none. */
bool agentidentity_blob(const char *identity, struct strbuf *blob);

/* When it is to be fetched anew, in seconds since the epoch; 0: there is no file. */
int64_t agentidentity_renewal(const char *identity);

/* Write the file: blob, of this type, to be fetched anew at that time. */
int agentidentity_write(const char *identity, const struct strbuf *blob, int64_t renewal,
                        struct error *err);

#endif
