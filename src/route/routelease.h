/* SPDX-License-Identifier: MIT */
/*
 * routelease.h - the lease of a server: ask the API for it, and note it in the route
 * file.  A caller that notes holds routefile_lock().
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

/* Seconds that the last lease of the server uid still lasts, for the address that it was
 * made for; 0: it has none. */
int64_t routelease_left(const char *uid);

/* Put "ALIAS (ADDRESS): no lease: " before the reason why there is none; -1. */
int routelease_failed(const struct route *route, struct error *err);

/*
 * Ask for a lease for route's server, wait until the API says that the firewall is
 * open, and note it in *route and its file.  Blocks, at most until the deadline.  -1
 * with the errors of api_lease_wait() and routefile_write().
 */
int routelease_take(struct api *api, const struct config *config, struct route *route,
                    struct deadline until, struct error *err);

/* Ask without waiting: see api_lease_ask().  Reads target and stack_uid of route. */
struct api_lease_request *routelease_ask(struct api *api, const struct config *config,
                                         const struct route *route, struct deadline until,
                                         struct error *err);

/* Note the lease that was asked for at made (seconds since the epoch) from the source
 * address network (NULL: not known).  Does not block. */
int routelease_note(const struct config *config, struct route *route, int64_t made,
                    const char *network, struct error *err);

/* Note that the next two minutes need no request: a server behind a bastion works
 * without a lease, and a refusal would cost each session a call.  Blocks as
 * sourceaddr_of_route(). */
int routelease_give_up(struct route *route, struct error *err);

#endif
