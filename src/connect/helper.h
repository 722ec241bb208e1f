/* SPDX-License-Identifier: MIT */
/*
 * helper.h - "cxssh open", started beside a connection that is being made.
 *
 * It does what needs the API: the route, the key, the lease, the host key.  It is
 * started when one of them is missing, watched without blocking, and may outlive
 * us when all it still does is to renew a lease.
 */
#ifndef CONNECT_HELPER_H
#define CONNECT_HELPER_H

#include <stdbool.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "runtime/spawn.h"

enum helper_state { HELPER_NONE = 0, HELPER_RUNNING, HELPER_DONE, HELPER_FAILED };

struct helper {
	enum helper_state state;
	struct child child;
	struct strbuf output;
	struct error failed; /* HELPER_FAILED: the reason, as it told it */
	bool answered;       /* it has said HELPER_ANSWERS */
	struct strvec args;  /* the arguments, but for the time that is left */
	struct deadline until;
	char source[64];   /* our address when it was started; "": unknown */
	int64_t looked_ms; /* when that was last compared */
};

/*
 * Its line on stdout when the route is written and the server has let it in to learn
 * the host key: from then on a connection made beside it saves a round trip or two.
 */
#define HELPER_ANSWERS "the server answers"

/* The end of its last line when it gave up because its connections to the API are of
 * another network: it is to be started again. */
#define HELPER_MOVED "the network has changed meanwhile"

/* And when all is done and written: what it still does is to clean up after itself. */
#define HELPER_READY "ready"

#define HELPER_INIT \
	{ \
		.child = CHILD_INIT, .output = STRBUF_INIT, .args = STRVEC_INIT \
	}

struct helper_args {
	const char *target;
	const char *as; /* the role on whose behalf, or NULL */
	bool refresh;   /* no answer from the server although the lease seems valid */
	struct deadline until;
};

/* Start it, anew where it has ended.  -1 with err when that cannot be. */
int helper_start(struct helper *h, const struct helper_args *order, struct error *err);

/*
 * See what has become of it.  Its output is passed on live where CXDEBUG asks.  When
 * our network has changed it waits in vain for answers over the old one, and would
 * hold its locks until its time is up: it is ended, and started again.
 */
void helper_poll(struct helper *h);

/* Wait for its end: 0 done, -1 with its reason, or because time is up, or because the
 * descriptor caller (-1: none) has hung up and nobody waits any more. */
int helper_wait(struct helper *h, int caller, struct deadline until, struct error *err);

/* The same, but 0 as soon as it has said that the server answers. */
int helper_wait_answer(struct helper *h, int caller, struct deadline until,
                       struct error *err);

/* How long a poll() that watches h->child.output may sleep at most. */
int helper_poll_ms(const struct helper *h, int wait_ms);

/* Let it go on alone, if it runs; h is as new. */
void helper_leave(struct helper *h);

#endif
