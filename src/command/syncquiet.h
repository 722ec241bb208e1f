/* SPDX-License-Identifier: MIT */
/*
 * syncquiet.h - cxssh sync --quiet, as cxssh-proxy and timers start it in the background.
 */
#ifndef COMMAND_SYNCQUIET_H
#define COMMAND_SYNCQUIET_H

struct config;
struct error;

/*
 * Fetch the fleet and write the hosts anew.  Never touches ~/.ssh/config, fetches no key
 * and opens no lease; does nothing with auto-sync = no, before the first sync, after
 * --remove, or when another one did so a minute ago.  Nothing is printed.  A
 * failure leaves all as it was, and is a line in the log.  The exit status.  Blocks for
 * the inventory lock and the API.
 */
int syncquiet_run(const struct config *config);

/*
 * The same for a user who has named a host that is newer than the last sync: however
 * short ago that was.  ERROR_CONFIG with auto-sync = no, else as the API and the files
 * have it; the alias is for that message.
 */
int syncquiet_new_name(const char *alias, const struct config *config, struct error *err);

#endif
