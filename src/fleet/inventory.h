/* SPDX-License-Identifier: MIT */
/*
 * inventory.h - the fleet as last seen, in ~/.cache/cxssh/inventory.json, and how it is
 * fetched from the API.
 */
#ifndef FLEET_INVENTORY_H
#define FLEET_INVENTORY_H

#include <stdint.h>

#include "base/deadline.h"

struct api;
struct error;
struct fleet;
struct strvec;

/*
 * Read the file into *fleet (FLEET_INIT).  INVENTORY_NONE where there is none, or one
 * that is broken or of another format version (a newer cxssh wrote it): to be fetched.
 * -1 with ERROR_CONFIG where it cannot be read.  Does not block, takes no lock.
 */
enum inventory_found { INVENTORY_NONE = 0, INVENTORY_READ = 1 };
int inventory_load(struct fleet *fleet, struct error *err);

/* When the inventory in the file was fetched, in ms since the epoch; 0: unknown, or there
 * is none.  Does not block. */
int64_t inventory_fetched_ms(void);

/*
 * The lock under which inventory, routes and ssh_config are written; for lock_release().
 * Blocks until the deadline at most; errors as lock_take().
 */
int inventory_lock(struct deadline until, struct error *err);

/* Write it; the caller holds the inventory lock.  -1 with ERROR_CONFIG. */
int inventory_save(const struct fleet *fleet, struct error *err);

/* seen is called for each server while the fetch is under way; it may start calls of the
 * API, but not wait for them. */
struct server;
struct inventory_watch {
	const char *first_stack; /* uid of the one whose servers are asked for before the
	                            others'; NULL: the order of the API */
	void (*seen)(const struct server *server, void *cookie);
	void *cookie;
};

/*
 * Ask the API for all stacks, or those named in only (name or uid, ignoring case; empty:
 * all), and their servers.  watch may be NULL.  fleet->warnings says what was skipped.
 * Blocks until the deadline at most.  Errors as api.h; ERROR_NO_HOST where no stack has
 * a name of only.
 */
int inventory_fetch(struct api *api, const struct strvec *only,
                    const struct inventory_watch *watch, struct fleet *fleet,
                    struct deadline until, struct error *err);

/* Replace the servers of one stack of *fleet by what the API says now.  Blocks. */
int inventory_refresh_stack(struct api *api, struct fleet *fleet, const char *stack_uid,
                            struct deadline until, struct error *err);

/* Copy what the API's lists do not tell: whether a server has a key. */
void inventory_carry_over(struct fleet *fleet, const struct fleet *before);

#endif
