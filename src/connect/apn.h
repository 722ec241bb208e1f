/* SPDX-License-Identifier: MIT */
/*
 * apn.h - a server by its name in an Application Private Network, a WireGuard network of
 * its stack, where no firewall has to be opened.
 */
#ifndef CONNECT_APN_H
#define CONNECT_APN_H

#include <stdint.h>

#include "base/deadline.h"

struct route;

/*
 * Connect to the port of route->apn: a close-on-exec socket of the caller's, or -1 where
 * the route has no such name, the name is not known here, or nothing answers.  Blocks,
 * at most 1.5 s and not beyond the deadline.
 */
int apn_connect(const struct route *route, uint16_t port, struct deadline until);

#endif
