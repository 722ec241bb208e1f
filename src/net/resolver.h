/* SPDX-License-Identifier: MIT */
/*
 * resolver_lookup.h - what addresses a name has, and no longer than a deadline:
 * getaddrinfo(3) alone may take half a minute when no name server answers.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/deadline.h"

struct error;

struct endpoint {
	struct sockaddr_storage at;
	socklen_t len;
};

/* More addresses than a name's first ones are not tried. */
enum { RESOLVER_MAX = 16 };

/*
 * The addresses of an IP address (which costs nothing) or of a DNS name (which may block
 * until then).  A resolver_lookup that comes too late goes on, and the next call for the
 * same name takes part in it; what has been found counts for some seconds.  Not for
 * several threads. Returns how many, with that port, or 0 with ERROR_UNAVAILABLE.
 */
size_t resolver_lookup(const char *address, uint16_t port, struct deadline until,
                       struct endpoint found[static RESOLVER_MAX], struct error *err);

#endif
