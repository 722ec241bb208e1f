/* SPDX-License-Identifier: MIT */
/*
 * server.h - one server: connect, with everything ready that ssh will ask for.
 */
#ifndef CONNECT_SERVER_H
#define CONNECT_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"

struct error;
struct helper;
struct route;

struct connect_options {
	uint16_t port;
	int caller; /* descriptor whose hang-up means that nobody waits any more; or -1 */
	struct deadline until;
};

struct connect_request {
	const struct connect_options *options;
	const struct route
		*asked;        /* what ssh asked for: the server itself, or its role */
	bool has_sibling;      /* another server of the role can be tried: be quick */
	struct helper *helper; /* is taken over: at work on it already, or as new */
};

/*
 * Connect to the server of *route, which may change on the way: the server may
 * have moved.  A connected descriptor of the caller's, or -1 with err.
 */
int connect_server(struct route *route, const struct connect_request *request,
                   struct error *err);

#endif
