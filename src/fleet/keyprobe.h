/* SPDX-License-Identifier: MIT */
/*
 * keyprobe.h - which servers the API has a private key for, and the key file that ssh is
 * told of.
 */
#ifndef FLEET_KEYPROBE_H
#define FLEET_KEYPROBE_H

#include <stdbool.h>

#include "base/deadline.h"

struct api;
struct config;
struct fleet;
struct server;

/*
 * Set server.key where it is KEY_UNKNOWN, and ask again for some that had none.  A few
 * calls per stack, side by side; the other servers of a stack have a key when one of them
 * has.  What the API does not answer stays unknown.  Blocks until the deadline at most.
 */
void fleet_probe_keys(struct api *api, struct fleet *fleet, struct deadline until);

/* With keys = agent, write FILE.pub for each key of the API that has none yet, one call
 * each; a failure is a line in the log.  Without, remove those that no agent needs any
 * more.  Blocks until the deadline at most. */
void fleet_update_public_keys(struct api *api, const struct fleet *fleet,
                              const struct config *config, struct deadline until);

/* The key file that ssh is told of, absolute; NULL: the user's own keys are used.  The
 * caller frees it.  Does not block. */
char *server_identity(const struct server *server, const struct config *config);

/* Does that file come from the API? */
bool server_identity_is_ours(const struct server *server);

#endif
