/* SPDX-License-Identifier: MIT */
/*
 * agentadd.h - a server's key, from the API to ssh-agent for a limited time, without
 * being written to disk; and its removal.
 */
#ifndef KEYS_AGENTADD_H
#define KEYS_AGENTADD_H

#include "base/deadline.h"
#include "keys/identity.h"

struct api;
struct error;

/*
 * Fetch the key of a server and add it to the agent at $SSH_AUTH_SOCK, unless it is
 * there.  Callers at the same time share one download.  Blocks for the lock, the agent
 * and the API, until the deadline.  Errors: ERROR_UNAVAILABLE without an agent,
 * ERROR_DENIED when it refuses the key, and those of identity_fetch().
 */
enum identity_result agentadd_fetch(struct api *api,
                                    const struct identity_request *wanted,
                                    struct deadline until, struct error *err);

/* Fetch the key of a server and write only FILE.pub: ssh from 10.5 on loads it before it
 * starts the proxy, which puts the key into the agent.  Blocks until the deadline.
 * Errors: those of identity_download(), ERROR_CONFIG when the file cannot be written. */
enum identity_result agentadd_write_public(struct api *api,
                                           const struct identity_request *wanted,
                                           struct deadline until, struct error *err);

enum agentadd_removal {
	AGENTADD_FAILED = -1, /* the agent did not answer, or the file stays: err */
	AGENTADD_NO_FILE = 0,
	AGENTADD_REMOVED = 1,   /* key and file */
	AGENTADD_FILE_ONLY = 2, /* no agent, or it is locked or did not have the key */
};

/* Remove the key from the agent, then the file.  Blocks until the deadline. */
enum agentadd_removal agentadd_remove(const char *identity, struct deadline until,
                                      struct error *err);

#endif
