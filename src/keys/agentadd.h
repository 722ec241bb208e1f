/* SPDX-License-Identifier: MIT */
/*
 * agentadd.h - how a server's key gets from the API into ssh-agent, for a time,
 * without ever being written to a disk; and out of it again.
 */
#ifndef KEYS_AGENTADD_H
#define KEYS_AGENTADD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct api;
struct error;

struct agentadd {
	const char *identity; /* FILE.pub; see keys/agentidentity.h */
	const char *stack_uid;
	const char *server_uid;
	int64_t lifetime_s;
	bool again; /* also when it is there */
};

/*
 * Fetch the key of a server and give it to the agent, unless that has it: one
 * download for any number of callers at once.  1 when it is there, 0 when the API
 * has no key to give, -1 with err: ERROR_UNAVAILABLE without an agent, ERROR_DENIED
 * when it does not take the key.
 */
int agentadd_fetch(struct api *api, const struct agentadd *wanted, struct deadline until,
                   struct error *err);

/*
 * Make the agent forget the key, and remove the file: 1; 2 when no agent gave a key up,
 * for it had none, is locked or is not there; 0 when there was no file.  -1 when the
 * agent did not answer: the file stays, for it says which key it is.
 */
int agentadd_remove(const char *identity, struct deadline until, struct error *err);

#endif
