/* SPDX-License-Identifier: MIT */
/*
 * connect.h - from the name of a target to a connected descriptor.
 *
 * Reads the route; has key and host key ready before ssh asks for them; connects while
 * the lease is being made, or through the broker of the bastion; goes on to the next
 * server of a role.  What needs the API is done by "cxssh open" (connect/helper), which
 * is started only when something is missing.
 */
#ifndef CONNECT_CONNECT_H
#define CONNECT_CONNECT_H

struct error;
struct connect_options;

/*
 * Connect to target (a server's uid, STACK_UID.ROLE, or an alias).  Returns a blocking,
 * close-on-exec descriptor of the caller's, or -1 with what failed on which host, as
 * connect_server() and helper_wait_answer() set it; ERROR_INTERNAL when "cxssh open"
 * wrote no route.  Blocks as connect_server(), for each server that is tried.
 */
int connect_target(const char *target, const struct connect_options *options,
                   struct error *err);

#endif
