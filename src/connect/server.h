/* SPDX-License-Identifier: MIT */
/*
 * server.h - connect to one server, with everything ready that ssh will ask for.
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
	int caller; /* the client's input, whose hang-up ends the attempt; -1: none */
	int out;    /* where the client waits for the connection */
	struct deadline until;
	int opening_ms;  /* from the start: how long a lease may take; 0: as until */
	bool overloaded; /* this computer runs late: a banner is waited for until then */
};

struct connect_request {
	const struct connect_options *options;
	const struct route
		*asked;        /* what ssh asked for: the server itself, or its role */
	bool has_sibling;      /* another server of the role can be tried: be quick */
	struct helper *helper; /* taken over: at work for this server, or as new */
};

/*
 * Connect to the server of *route, whose content is replaced when the helper writes
 * another.  Returns a non-blocking, close-on-exec descriptor of the caller's, or -1 with
 * err as race_run(), helper_start() or banner_refusal() set it.  Blocks until
 * options->until; where ssh waits for a descriptor for up to a minute more while the
 * server turns clients away, or the bastion's broker serves others.
 */
int connect_server(struct route *route, const struct connect_request *request,
                   struct error *err);

/* Is the route's private key in its file, or in ssh-agent?  True where it names none.
 * Blocks until the agent answers, a second at most. */
bool connect_has_key(const struct route *route, struct deadline until);

#endif
