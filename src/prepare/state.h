/* SPDX-License-Identifier: MIT */
/*
 * state.h - how far "cxssh open" has come with one server, and its lease.
 */
#ifndef PREPARE_STATE_H
#define PREPARE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"
#include "route/routefile.h"
#include "route/sourceaddr.h"

struct api;
struct api_lease_request;
struct config;
struct error;

struct prepare {
	const struct config *config;
	const char *target;
	const char *as;       /* the role on whose behalf, or NULL */
	const char *expected; /* "SHA256:...", which its host key must have, or NULL */
	bool refresh;         /* the server was silent although the lease seemed valid */
	bool locate;          /* nothing listens there: look its address up, no more */
	bool tell;            /* write the lines of connect/helper.h to stdout */
	int64_t started_ms;   /* since the epoch */
	struct deadline until;
	struct deadline
		opening_until; /* for the lease, once the API has taken the request */
	struct api *api;       /* opened when first needed */
	struct route route;
	struct api_lease_request *lease; /* requested and not yet noted, or NULL */
	int64_t lease_made;
	bool limited;                  /* its leases count for leases-per-minute */
	bool ordered;                  /* the API has taken the request */
	char network[SOURCEADDR_SIZE]; /* source address of the request; "": unknown */
	bool lease_lost; /* the API may have taken the request: it is not repeated */
	bool api_failed; /* the error is of a call to the API */
	bool by_apn;     /* by route.apn, without a lease */
	bool moved;      /* the source address has changed: what failed, failed there */
};

/* Write one of the lines of connect/helper.h, where o->tell asks for it. */
void prepare_tell(const struct prepare *o, const char *line, const char *rest);

/* Open o->api if it is not.  -1 as api_session().  Blocks until o->until. */
int prepare_need_api(struct prepare *o, struct error *err);

/* Fetch the server's address anew and read o->route again.  -1 as target_refresh().
 * Blocks until o->until. */
int prepare_refresh(struct prepare *o, struct error *err);

/* Request a lease unless the one in o->route is valid.  Does not wait for it; may block
 * for opening the API.  Behind a bastion a failure is only logged. */
int prepare_request_lease(struct prepare *o, struct error *err);

/* Request one for route, which may be read-only and need not be o->route: o->lease, or
 * NULL with err.  Does not block. */
void prepare_request_lease_for(struct prepare *o, const struct route *route,
                               struct error *err);

/* See whether the API has taken the request: then tell so, and move o->until to
 * o->opening_until if that is later.  Does not block. */
void prepare_watch_lease(struct prepare *o);

/* Write the lease that was requested into the route: it is there, whatever the API still
 * does.  A failure is only logged. */
void prepare_note_lease(struct prepare *o);

/*
 * Wait for the lease that was requested, if any, and note it.  Behind a bastion a refusal
 * is only logged.  -1 as api_lease_wait(); ERROR_RETRY and o->moved when the source
 * address changes meanwhile: the lease would be for the old one.
 */
int prepare_await_lease(struct prepare *o, struct error *err);

#endif
