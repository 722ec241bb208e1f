/* SPDX-License-Identifier: MIT */
/*
 * connect.h - from the name of a target to a connected descriptor.
 *
 * Knows the order of things: route, connect and lease side by side, key and host
 * key before ssh asks for them, the gateway's broker, the next server of a role.
 * What needs the API is done by "cxssh open", which is started when it is needed
 * and never before.
 */
#ifndef CONNECT_CONNECT_H
#define CONNECT_CONNECT_H

struct error;
struct connect_options;

/*
 * Connect to target (a server's uid, STACK_UID.ROLE, or an alias).  Returns a
 * blocking, close-on-exec descriptor of the caller's, or -1 with one line about
 * what failed on which host.
 */
int connect_target(const char *target, const struct connect_options *options,
                   struct error *err);

#endif
