/* SPDX-License-Identifier: MIT */
/*
 * autosync.h - when "cxssh sync --quiet" is started in the background, and how often it
 * may work.
 *
 * cxssh-proxy starts it after a connection, and reads no configuration for that: a sync
 * writes what it needs to know into ~/.cache/cxssh/autosync.  No function here blocks.
 */
#ifndef ROUTE_AUTOSYNC_H
#define ROUTE_AUTOSYNC_H

#include <stdbool.h>
#include <stdint.h>

struct error;

/* Write the file, or with age (seconds) below 0 remove it: then nothing is started.  -1
 * with ERROR_CONFIG. */
int autosync_plan(int64_t age, struct error *err);

/*
 * A connection was made: start a sync, detached, where one is due.  It is when the
 * inventory is older than the age, when the configuration has changed since the last
 * sync, or when is_new, for a name that has no block in ssh_config.  At most one a
 * minute.
 */
void autosync_on_connect(bool is_new);

/* Was the inventory fetched within the last seconds? */
bool autosync_is_fresh(int64_t seconds);

/* May a sync in the background work now?  At most one a minute and ten an hour; true
 * counts. */
bool autosync_may_run(void);

#endif
