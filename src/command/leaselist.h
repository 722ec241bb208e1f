/* SPDX-License-Identifier: MIT */
/*
 * leaselist.h - what "cxssh lease --list" prints: the addresses that firewalls let in.
 */
#ifndef COMMAND_LEASELIST_H
#define COMMAND_LEASELIST_H

#include "base/deadline.h"

struct config;
struct error;
struct fleet;
struct host;

/*
 * Print the rules for the server or role of found; for its stack where it names neither;
 * for all stacks in which this machine has a lease where it names no stack.  Blocks for
 * the API until the deadline at most.  -1 with the errors of api_session() and
 * api_firewall_rules().
 */
int leaselist_print(const struct config *config, const struct fleet *fleet,
                    const struct host *found, struct deadline until, struct error *err);

#endif
