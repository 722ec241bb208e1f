/* SPDX-License-Identifier: MIT */
/*
 * state.h - what "cxssh open" does for one server, and how far it has come.  For
 * open.c and learnhostkey.c only.
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
	const char *as;  /* a role on whose behalf, or NULL */
	bool refresh;    /* the server did not answer although the lease seemed valid */
	bool tell;       /* say on stdout when the server answers: see connect/helper.h */
	int64_t started; /* seconds since the epoch */
	struct deadline until;
	struct api *api; /* opened when first needed */
	struct route route;
	struct api_lease_request *lease; /* asked for and not yet noted, or NULL */
	int64_t lease_made;
	char network[SOURCEADDR_SIZE]; /* from which; "": not known */
	bool moved; /* we are in another one now: what failed, failed there */
};

/* Have o->api open. */
int prepare_need_api(struct prepare *o, struct error *err);

/* Ask the API again where the server is. */
int prepare_refresh(struct prepare *o, struct error *err);

/* Ask for a lease where the one we have is none, or is doubted.  Returns without
 * waiting for it. */
int prepare_request_lease(struct prepare *o, struct error *err);

/* The first half of that, for route, which need not be o's. */
void prepare_request_lease_for(struct prepare *o, const struct route *route,
                               struct error *err);

/* Note the lease that was asked for: it is there, whatever the API still does. */
int prepare_note_lease(struct prepare *o, struct error *err);

/* Wait for the lease that was asked for, if any, and note it.  Behind a gateway a
 * refusal is only a line in the log.  ERROR_RETRY when the network changes meanwhile:
 * the connection to the API is of the old one, and so would be the lease. */
int prepare_await_lease(struct prepare *o, struct error *err);

/*
 * Learn the host key of the server through the very path that the session will take,
 * while the lease is being made if need be: a connection that got through shows that
 * it is there.  ERROR_TRUST, ERROR_UNAVAILABLE, ERROR_RETRY (too many callers).
 */
int learn_host_key(struct prepare *o, struct error *err);

/* What the key is kept under: the first name identifies. */
struct strvec;
void learn_host_key_names(const struct prepare *o, struct strvec *names);

#endif
