/* SPDX-License-Identifier: MIT */
/*
 * leaselimit.h - how many leases are requested within a minute for programs that no user
 * sits before: one that tries every host of a list would open every firewall.
 */
#ifndef ROUTE_LEASELIMIT_H
#define ROUTE_LEASELIMIT_H

#include "base/deadline.h"

struct config;
struct error;

/*
 * May a lease of the server uid be requested now?  0 counts the server, once; -1 with
 * ERROR_RETRY: of as many others as leases-per-minute allows one was requested within the
 * last minute.  Blocks for the lock of the count, until the deadline at most.
 */
int leaselimit_take(const struct config *config, const char *uid, struct deadline until,
                    struct error *err);

#endif
