/* SPDX-License-Identifier: MIT */
/*
 * routelease.h - the temporary firewall rule that lets the caller's address in.
 */
#ifndef ROUTE_ROUTELEASE_H
#define ROUTE_ROUTELEASE_H

#include <stdint.h>

#include "base/deadline.h"

struct api;
struct api_lease_request;
struct config;
struct error;
struct route;

/* Seconds since the epoch, as routes and leases count them. */
int64_t routelease_now(void);

/*
 * Ask for a lease for the server of route and, when it is there, note it in
 * *route and its file (whose lock the caller holds).  Blocks until the firewall
 * is said to be open.
 */
int routelease_take(struct api *api, const struct config *config, struct route *route,
                    struct deadline until, struct error *err);

/* The first half of routelease_take(): see api_lease_ask().  Of route only target and
 * stack_uid are read. */
struct api_lease_request *routelease_ask(struct api *api, const struct config *config,
                                         const struct route *route, struct deadline until,
                                         struct error *err);

/* Note that the lease that was asked for at made, from network (as sourceaddr_of_route()
 * said then; NULL: not known), is there. */
int routelease_note(const struct config *config, struct route *route, int64_t made,
                    const char *network, struct error *err);

/* Note that there is no use in asking for the next two minutes: a gateway's server
 * needs no lease, and a refusal must not cost every session a call. */
int routelease_give_up(struct route *route, struct error *err);

#endif
