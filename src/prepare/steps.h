/* SPDX-License-Identifier: MIT */
/*
 * steps.h - make a target ready for a connection: route, key, lease, host key.
 */
#ifndef PREPARE_STEPS_H
#define PREPARE_STEPS_H

#include "prepare/state.h"

/*
 * Prepare o->target.  One process at a time does so for a target; the others wait, and
 * share its failure (see failurecache.h).  -1 with err: ERROR_NO_HOST, ERROR_DENIED,
 * ERROR_UNAVAILABLE, ERROR_RETRY, ERROR_CONFIG, ERROR_TRUST.  Blocks until o->until.
 * Either way prepare_release(o) frees what it holds.
 */
int prepare_target(struct prepare *o, struct error *err);
void prepare_release(struct prepare *o);

#endif
