/* SPDX-License-Identifier: MIT */
/*
 * sourceaddr.h - the address of this machine that packets to a server leave from.  A
 * lease lets in one address; another source address means another network, where the
 * lease is of no use.
 */
#ifndef ROUTE_SOURCEADDR_H
#define ROUTE_SOURCEADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "route/routefile.h"

enum { SOURCEADDR_SIZE = 64 };

/*
 * Write the source address toward route's server, or toward its bastion, as text to
 * out.  Returns out, or NULL when no route leads there or the name does not resolve.
 * Sends no packet to the server.  Blocks for the resolver, at most 1.5 s, when the
 * address is a name.
 */
const char *sourceaddr_of_route(const struct route *route,
                                char out[static SOURCEADDR_SIZE]);

/* The same along the default route of IPv4, else of IPv6; false when there is none.  Does
 * not block. */
bool sourceaddr_of_internet(char out[static SOURCEADDR_SIZE]);

/* Is it an address that is only valid in its own network (RFC 1918, RFC 6598, link-local,
 * IPv6's unique local)?  Does not block. */
bool sourceaddr_is_private(const char *address);

/* The state of route's lease at now (seconds since the epoch) for the present source
 * address.  Blocks as sourceaddr_of_route(). */
enum lease_state sourceaddr_lease_state(const struct route *route, int64_t now);

#endif
