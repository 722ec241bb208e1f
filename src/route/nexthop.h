/* SPDX-License-Identifier: MIT */
/*
 * nexthop.h - the router that packets to an address leave by: two networks that hand
 * out the same private address to us differ in it, more often than not.
 */
#ifndef ROUTE_NEXTHOP_H
#define ROUTE_NEXTHOP_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

/*
 * Its address as text.  Asks the routing table (rtnetlink(7)); no packet leaves the
 * machine.  False where the address is on our own link, where there is no way, and
 * where the system is not Linux.
 */
bool nexthop_toward(const struct sockaddr *to, char *out, size_t cap);

#endif
