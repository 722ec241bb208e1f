/* SPDX-License-Identifier: MIT */
/*
 * sourceaddr.h - which network we are on, as far as a lease cares: it lets in one
 * address, the one we left by when it was made.
 */
#ifndef ROUTE_SOURCEADDR_H
#define ROUTE_SOURCEADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "route/routefile.h"

/*
 * Our own address on the way to route's server, or to its gateway, as text, and behind
 * a comma the router that leads there, where there is one and the system tells us:
 * "192.168.1.5,192.168.1.1".  No packet is sent.  Returns out, or NULL when there is no
 * way there, or the name cannot be resolved.
 */
enum { SOURCEADDR_SIZE = 112 }; /* room for any */
const char *sourceaddr_of_route(const struct route *route,
                                char out[static SOURCEADDR_SIZE]);

/* What route's lease is worth now, seconds since the epoch, to us where we are. */
enum lease_state sourceaddr_lease_state(const struct route *route, int64_t now);

/* The same on the way to anywhere: another one means another network. */
bool sourceaddr_of_internet(char *out, size_t cap);

#endif
