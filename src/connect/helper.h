/* SPDX-License-Identifier: MIT */
/*
 * helper.h - "cxssh open", started beside a connection that is being made.
 *
 * It does what needs the API: the route, the key, the lease, the host key.  The proxy
 * starts it when one of them is missing, and watches it without blocking.  It may outlive
 * the proxy when all it still does is to renew a lease.
 */
#ifndef CONNECT_HELPER_H
#define CONNECT_HELPER_H

#include <stdbool.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "route/sourceaddr.h"
#include "runtime/spawn.h"

/*
 * Lines that "cxssh open --tell" writes to its standard output.
 *   ANSWERS  the route is written and the server accepts connections: a connection made
 *            beside the helper's own saves a round trip or two
 *   OPENING  the API has taken the request for a lease, and the firewall is being opened
 *   FROM     and behind it an address: the lease is for this one (from-ip), not for the
 *            one that the API sees
 *   LETS_IN  and behind it an address: the newest firewall rule lets in this one, as the
 *            API saw it
 *   MOVED    it gives up because the network has changed under its connections to the
 *            API; start it again
 *   PASSING  it fails because the API cannot be reached now: start it again later
 *   REFUSED  the same, because nothing listens at the API's address: that is soon final
 *   SILENT   it fails because the server does not answer (CAUSE_SILENT)
 *   READY    all is done and written; what is left is its own cleanup
 */
#define HELPER_ANSWERS "@answers"
#define HELPER_OPENING "@opening"
#define HELPER_FROM "@from "
#define HELPER_LETS_IN "@lets-in "
#define HELPER_MOVED "@moved"
#define HELPER_PASSING "@passing"
#define HELPER_REFUSED "@refused"
#define HELPER_SILENT "@silent"
#define HELPER_READY "@ready"

enum helper_state { HELPER_NONE = 0, HELPER_RUNNING, HELPER_DONE, HELPER_FAILED };

struct helper {
	enum helper_state state;
	struct child child;
	struct strbuf output;
	size_t read;         /* bytes of output whose lines have been read */
	struct error failed; /* HELPER_FAILED: its last line, with its exit status */
	bool answered;       /* HELPER_ANSWERS was read */
	bool opening;        /* HELPER_OPENING was read */
	char from[64];       /* behind HELPER_FROM; "": it was not read */
	char lets_in[64];    /* behind HELPER_LETS_IN */
	bool moved;          /* HELPER_MOVED was read */
	bool passing;        /* HELPER_PASSING was read */
	bool refused;        /* HELPER_REFUSED was read */
	bool silent;         /* HELPER_SILENT was read */
	bool ready;          /* HELPER_READY was read */
	int pause_ms;        /* before it is started again; 0: PASSING was not yet read */
	struct deadline again; /* no child meanwhile */
	struct strvec args;    /* without the time that is left */
	struct deadline until;
	struct deadline opening_until; /* while the firewall is being opened */
	struct deadline renewal_until; /* the same, for the child alone */
	int64_t started_ms;
	char source[SOURCEADDR_SIZE]; /* source address when it was started; "": unknown
	                               */
	int64_t checked_ms;           /* when source was last compared */
};

#define HELPER_INIT \
	{ \
		.child = CHILD_INIT, .output = STRBUF_INIT, .args = STRVEC_INIT \
	}

struct helper_args {
	const char *target;
	const char *as; /* the role on whose behalf, or NULL */
	bool refresh;   /* the server is silent although the lease seems valid */
	bool locate;    /* nothing listens there: only look its address up */
	struct deadline until;
	int opening_ms; /* how long a lease that is being made may take; 0: as until */
	int renewal_ms; /* the same where no client waits for it any more */
};

/* Start it; h is as HELPER_INIT made it, or ended.  Does not block.  -1 with
 * ERROR_CONFIG when the program cannot be started, ERROR_INTERNAL without a pipe. */
int helper_start(struct helper *h, const struct helper_args *args, struct error *err);

/*
 * Update h->state.  Does not block.  Its output is copied to stderr where CXDEBUG asks.
 * While it fails with HELPER_PASSING it is started again, after growing pauses, until a
 * second before args->until; with HELPER_REFUSED for 4 s.  When the source address has
 * changed, the helper waits for answers over the old network and holds its locks: it is
 * killed and started again.
 */
void helper_poll(struct helper *h);

/*
 * Wait until it has ended, or has written HELPER_ANSWERS: 0.  -1 with its reason;
 * ERROR_UNAVAILABLE: time is up; ERROR_CLIENT_GONE: the other end of the descriptor
 * caller (-1: none) has hung up.
 */
int helper_wait_answer(struct helper *h, int caller, struct deadline until,
                       struct error *err);

/* While it runs: what it has printed as its reason, or what its last attempt failed with
 * unless the firewall is being opened now; NULL when there is neither.  Does not block.
 */
const struct error *helper_reason(struct helper *h);

/* How long a poll() that watches h->child.output may sleep at most: wait_ms or less. */
int helper_poll_ms(const struct helper *h, int wait_ms);

/* Until when to wait for it: until, or later while the firewall is being opened and its
 * opening_ms allow. */
struct deadline helper_until(const struct helper *h, struct deadline until);

/* Kill it, and make h as new: nothing waits for it any more. */
void helper_stop(struct helper *h);

/* Kill the one that runs, if any; for a signal handler. */
void helper_kill_running(void);

/* Let it run on its own, and make h as new. */
void helper_leave(struct helper *h);

#endif
