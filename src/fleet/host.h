/* SPDX-License-Identifier: MIT */
/*
 * host.h - what a user connects to by one name: a server of the fleet, or a role.
 *
 * No function here blocks.
 */
#ifndef FLEET_HOST_H
#define FLEET_HOST_H

#include <stdbool.h>
#include <stddef.h>

struct fleet;
struct role;
struct server;
struct stack;

struct host {
	struct stack *stack;
	struct server *server; /* NULL: a role */
	struct role *role;     /* NULL: a server */
};

/* The next host: for (struct host h = { NULL }; fleet_next_host(fleet, &h);)
 * goes stack by stack, servers before roles.  What has no alias is passed over. */
bool fleet_next_host(const struct fleet *fleet, struct host *host);

/* What a user types; borrowed. */
const char *host_alias(const struct host *host);

/* The name besides it that the host has on every machine, or NULL; and that one where
 * there is one, else the alias.  Borrowed. */
const char *host_second_alias(const struct host *host);
const char *host_qualified_alias(const struct host *host);

/* True if name is one of the host's aliases. */
bool host_has_alias(const struct host *host, const char *name);

/* What cxssh-proxy is called with: "UID", or "STACK_UID.ROLE".  The caller frees it. */
char *host_target(const struct host *host);

/* Its servers: itself, or those of the role, healthy ones first, else in the API's
 * order.  *servers is an array of borrowed pointers that the caller frees; returns how
 * many, at least 1. */
size_t host_servers(const struct host *host, struct server ***servers);

/* The first of them.  Borrowed. */
struct server *host_first_server(const struct host *host);

#endif
