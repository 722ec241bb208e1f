/* SPDX-License-Identifier: MIT */
/*
 * resolver.h - getaddrinfo(3) with a deadline: without one it may block for half a minute
 * when no name server answers.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/deadline.h"

struct error;

struct endpoint {
	struct sockaddr_storage at;
	socklen_t len;
};

/* Only the first addresses of a name count. */
enum { RESOLVER_MAX = 16 };

/*
 * Fill found with the addresses of a DNS name or an IP address, with this port.  Blocks
 * until the deadline for a name, never for an IP address.  A lookup that misses it
 * continues in its thread, and the next call for the same name waits for that one; an
 * address is reused for 5 s.  Only for the main thread.  Returns how many, or 0 with
 * ERROR_UNAVAILABLE.
 */
size_t resolver_lookup(const char *address, uint16_t port, struct deadline until,
                       struct endpoint found[static RESOLVER_MAX], struct error *err);

/* Does a route of family, AF_INET or AF_INET6, lead beyond this computer's own networks?
 * Sends no packet, does not block. */
bool resolver_has_route(int family);

#endif
