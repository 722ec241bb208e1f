/* SPDX-License-Identifier: MIT */
/*
 * inventory.h - the fleet as last seen, kept in ~/.cache/cxssh/inventory.json,
 * and how it is fetched anew.
 */
#ifndef FLEET_INVENTORY_H
#define FLEET_INVENTORY_H

#include <stddef.h>

#include "base/deadline.h"

struct api;
struct error;
struct fleet;
struct strvec;

/* Read the cache into *fleet (FLEET_INIT).  1, or 0 when there is none or it is
 * broken: then it is to be fetched. */
int inventory_load(struct fleet *fleet, struct error *err);
int inventory_save(const struct fleet *fleet, struct error *err);

/* For one who wants to know before all is there; either may be NULL. */
struct server;
struct inventory_watch {
	void (*progress)(size_t done, size_t known, void *cookie); /* pages */
	/* As each server comes in; it may begin calls of the API, but not wait for them.
	 */
	void (*seen)(const struct server *server, void *cookie);
	void *cookie;
};

/*
 * Ask the API for all stacks, or those named in only (name or uid, ignoring
 * case; empty: all), and their servers.  watch may be NULL.  Whatever a stack
 * or server is skipped for is in fleet->warnings.
 */
int inventory_fetch(struct api *api, const struct strvec *only,
                    const struct inventory_watch *watch, struct fleet *fleet,
                    struct deadline until, struct error *err);

/* Ask again for the servers of one stack of *fleet, in place. */
int inventory_refresh_stack(struct api *api, struct fleet *fleet, const char *stack_uid,
                            struct deadline until, struct error *err);

/* What was learnt before and the API does not tell: whether a server has a key. */
void inventory_carry_over(struct fleet *fleet, const struct fleet *before);

#endif
