/* SPDX-License-Identifier: MIT */
/*
 * leaselimit.h - limits the leases that programs without a terminal request within a
 * minute: one that tries every host of a list would open every firewall.
 */
#ifndef ROUTE_LEASELIMIT_H
#define ROUTE_LEASELIMIT_H

#include "base/deadline.h"

struct config;
struct error;

/*
 * May a lease of the server uid be requested now?  0 counts the server, once.  -1 with
 * ERROR_RETRY where the last minute had leases of as many other servers as
 * leases-per-minute allows.  Blocks for the lock of the count, until the deadline at
 * most.
 */
int leaselimit_take(const struct config *config, const char *uid, struct deadline until,
                    struct error *err);

#endif
