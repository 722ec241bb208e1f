/* SPDX-License-Identifier: MIT */
/*
 * race.h - connect to one server while its lease is being made: first success wins.
 *
 * A connect can succeed before the API says that the firewall is open, and a lease that
 * is believed valid can be lost.  So both run side by side: silence from the server
 * starts a look at the API, and the end of that work decides how long silence is borne.
 * The proxy and "cxssh open" run the same race; struct race_ops says what the work is.
 */
#ifndef CONNECT_RACE_H
#define CONNECT_RACE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"
#include "net/dial.h"

struct error;
struct route;

enum {
	RACE_DOUBT_MS = 1000,  /* silence for so long: the lease may be lost */
	RACE_SETTLE_MS = 1500, /* silence for so long, although a lease was just made */
	RACE_OLD_S = 60,       /* the server may have another address since then */
	RACE_FRESH_S = 5,      /* a lease as new as this may not be applied yet */
};

/* The work beside the connection. */
enum race_work {
	RACE_IDLE,    /* there is none */
	RACE_WORKING, /* under way */
	RACE_READY,   /* done; the route may have changed */
	RACE_FAILED,
};

/* The functions do not block, except sleep. */
struct race_ops {
	/* Take the work one step further. */
	enum race_work (*work)(void *cookie);

	/* Called once when the work is RACE_READY or RACE_FAILED.  -1 with err ends the
	 * race.  0 after a failure: err is kept, for the case that the server stays
	 * silent. */
	int (*ended)(void *cookie, struct error *err);

	/* May a connect be tried, and may a connection be the result, before the work has
	 * ended? */
	bool (*may_dial)(void *cookie);
	bool (*may_win)(void *cookie);

	/* Time is up and the work goes on: -1 with the reason, as far as it is known. */
	int (*unfinished)(void *cookie, struct error *err);

	/* Ask the API for the address and a lease, once.  0 when that is under way or
	 * done; -1 with err.  May block for one call to the API. */
	int (*refresh)(void *cookie, struct error *err);

	/* The same for the address and the bastion alone, where nothing listens or the
	 * bastion does not reach the server; may be NULL. */
	int (*locate)(void *cookie, struct error *err);

	/* Sleep until a descriptor is ready, the work may have moved on, or wait_ms have
	 * passed.  pfds[n] is free for a descriptor of the work. */
	void (*sleep)(void *cookie, struct pollfd *pfds, size_t n, int wait_ms);
};

struct race_args {
	const struct route *route; /* the operations may change what it holds */
	uint16_t port;
	int caller; /* descriptor whose hang-up ends the race; -1: none */
	const struct deadline *until; /* the operations may move it */
	bool has_sibling; /* another server of the role can be tried: give up early */
	bool was_there; /* it has answered before: where nothing listens now, sshd starts
	                   anew */
	bool may_refresh;
	const struct race_ops *ops;
	void *cookie;
};

/*
 * Connect to the server of args->route, through its bastion where it has one.  Returns a
 * close-on-exec descriptor of the caller's, or -1 with err: what an operation said,
 * ERROR_UNAVAILABLE (silence), ERROR_CLIENT_GONE, or what the broker said (see
 * broker_open_channel()).  Blocks until *args->until at most.
 */
int race_run(const struct race_args *args, struct error *err);

/* ERROR_UNAVAILABLE: a lease takes longer than the caller can wait, or
 * (race_took_too_long) what else the connection needs does.  Both return -1. */
int race_still_opening(const char *name, struct error *err);
int race_took_too_long(const char *name, struct error *err);

#endif
