/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "broker/client.h"
#include "connect/race.h"
#include "route/routefile.h"
#include "runtime/log.h"

/* Through a bastion: how long the first channel may take before the API is asked where
 * the server is, and how long its answer is waited for. */
enum { FIRST_MS = 3500, LOOK_MS = 2000 };

struct race {
	const struct race_args *args;
	struct dial *dial;
	char *address;            /* that dial connects to */
	int fd;                   /* connected; -1: not yet */
	bool dialling;            /* the operations allow it */
	bool refreshed;           /* ops->refresh has been called */
	bool located;             /* ops->locate has been called */
	bool moved;               /* through a bastion: and the server is elsewhere */
	struct deadline look;     /* until then its answer is waited for */
	char *asked_gateway;      /* what the route had when it was called */
	char *asked_address;      /* likewise */
	int reply;                /* readable: the broker has answered; -1: not watched */
	enum race_work work;      /* as last seen */
	struct error failed;      /* RACE_FAILED: why */
	struct deadline patience; /* how long silence is borne before the next step */
};

int race_still_opening(const char *name, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE,
	                 "%s: the firewall is still being opened; try again", name);
}

int race_took_too_long(const char *name, struct error *err)
{
	error_set(err, ERROR_UNAVAILABLE, "%s: the preparations took too long", name);
	return error_hint(err, "cxssh why");
}

/* ---- the address ---- */

static int start_dial(struct race *r, struct error *err)
{
	const struct race_args *a = r->args;
	int64_t most = a->has_sibling ? RACE_SETTLE_MS : deadline_left(*a->until);

	dial_free(r->dial);
	free(r->address);
	r->address = xstrdup(a->route->address);
	r->dial = dial_start(r->address, a->port, deadline_within(*a->until, most), err);
	return r->dial == NULL ? error_prefix(err, "%s", a->route->alias) : 0;
}

/* The server may have another address now: a connection to the old one is of no use. */
static int follow_address(struct race *r, struct error *err)
{
	const struct route *route = r->args->route;

	if (r->dial == NULL || strcmp(r->address, route->address) == 0)
		return 0;
	log_step("%s has moved to %s", route->alias, route->address);
	fd_close(&r->fd);
	return start_dial(r, err);
}

/* ---- the work ---- */

/* Take the work further, and act once upon its end. */
static int step_work(struct race *r, struct error *err)
{
	enum race_work before = r->work;

	r->work = r->args->ops->work(r->args->cookie);
	if (r->work == before || r->work < RACE_READY)
		return 0;
	if (r->args->ops->ended(r->args->cookie, &r->failed) == -1) {
		*err = r->failed;
		return -1;
	}
	if (r->work == RACE_READY)
		r->patience = deadline_within(*r->args->until, RACE_SETTLE_MS);
	if (r->work == RACE_READY && r->dial != NULL)
		dial_restart(r->dial); /* in short steps again */
	return follow_address(r, err);
}

static int refresh(struct race *r, struct error *err)
{
	r->refreshed = true;
	r->work = RACE_WORKING;
	if (r->args->ops->refresh(r->args->cookie, err) == -1)
		return -1;
	return follow_address(r, err);
}

/* ---- direct ---- */

static int no_answer(const struct race *r, struct error *err)
{
	const struct route *route = r->args->route;

	return dial_unanswered(r->dial, route->alias, route->address, r->args->port, err);
}

/*
 * Packets reach the host, and nothing listens on the port: no lease helps.  Only a
 * firewall that rejects looks the same, so a lease that was just made gets its time.
 */
static bool nothing_listens(const struct race *r)
{
	bool fresh = (r->work == RACE_READY && !r->located) ||
	             (int64_t)time(NULL) - r->args->route->lease_made < RACE_FRESH_S;

	return dial_refused(r->dial) && !r->args->was_there &&
	       (r->work == RACE_IDLE || r->work == RACE_READY ||
	        (r->work == RACE_FAILED && r->located)) &&
	       (!fresh || deadline_passed(r->patience));
}

/* Nothing listens there: another machine may have the address since the route was made.
 */
static int doubt_address(struct race *r, struct error *err)
{
	const struct race_args *a = r->args;

	if (r->located || r->refreshed || !a->may_refresh || a->ops->locate == NULL ||
	    (int64_t)time(NULL) - a->route->lease_made < RACE_OLD_S)
		return no_answer(r, err);
	r->located = true;
	r->work = RACE_WORKING;
	if (a->ops->locate(a->cookie, err) == -1)
		return -1;
	return follow_address(r, err);
}

/* No answer, and nothing is being done about it. */
static int lose_patience(struct race *r, struct error *err)
{
	if (r->work == RACE_FAILED) {
		*err = r->failed;
		return -1;
	}
	if (r->args->may_refresh && !r->refreshed)
		return refresh(r, err);
	if (r->args->has_sibling)
		return no_answer(r, err);
	r->patience = *r->args->until;
	return 0;
}

static int too_late(const struct race *r, struct error *err)
{
	if (r->work == RACE_WORKING)
		return r->args->ops->unfinished(r->args->cookie, err);
	if (r->work != RACE_FAILED)
		return no_answer(r, err);
	*err = r->failed;
	return -1;
}

static void step_dial(struct race *r)
{
	bool may = r->args->ops->may_dial(r->args->cookie);

	if (may && !r->dialling)
		dial_restart(r->dial); /* its schedule begins now */
	r->dialling = may;
	if (may && r->fd == -1)
		r->fd = dial_step(r->dial);
}

/* 1 won, 0 goes on, -1 lost. */
static int step(struct race *r, struct error *err)
{
	const struct race_args *a = r->args;

	if (step_work(r, err) == -1)
		return -1;
	step_dial(r);
	if (r->fd != -1 && a->ops->may_win(a->cookie))
		return 1;
	if (deadline_passed(*a->until))
		return too_late(r, err);
	if (r->fd == -1 && nothing_listens(r))
		return doubt_address(r, err);
	if (r->fd == -1 && r->work != RACE_WORKING && deadline_passed(r->patience))
		return lose_patience(r, err);
	return 0;
}

/* Sleep until a step may change something, or limit; -1 when the caller has hung up. */
static int sleep_race(const struct race *r, bool dialling, struct deadline limit,
                      struct error *err)
{
	const struct race_args *a = r->args;
	struct pollfd pfds[DIAL_FDS + 3];
	struct pollfd *caller = NULL;
	int wait = deadline_left(limit);
	int due = wait;
	size_t n = 0;

	if (r->work != RACE_WORKING && !deadline_passed(r->patience))
		wait = deadline_left(r->patience);
	if (dialling && r->fd == -1)
		n = dial_poll(r->dial, pfds, DIAL_FDS, &due);
	if (a->caller != -1) {
		caller = &pfds[n++];
		*caller = (struct pollfd){ .fd = a->caller, .events = 0 };
	}
	if (r->reply != -1)
		pfds[n++] = (struct pollfd){ .fd = r->reply, .events = POLLIN };
	a->ops->sleep(a->cookie, pfds, n, due < wait ? due : wait);
	if (caller != NULL && (caller->revents & (POLLHUP | POLLERR)) != 0)
		return error_set(err, ERROR_CLIENT_GONE, "the client hung up");
	return 0;
}

/* After a wake, names may not be resolved for some seconds. */
static int start_patiently(struct race *r, struct error *err)
{
	enum { PAUSE_MS = 250, PAUSE_MAX_MS = 1000 };
	struct deadline until = *r->args->until;

	if (r->args->has_sibling)
		until = deadline_within(until, RACE_SETTLE_MS);
	for (int pause = PAUSE_MS; start_dial(r, err) == -1;
	     pause = pause < PAUSE_MAX_MS ? 2 * pause : pause) {
		if (deadline_left(until) <= pause)
			return -1;
		deadline_sleep(until, pause);
	}
	return 0;
}

static int direct(struct race *r, struct error *err)
{
	int rc = start_patiently(r, err);

	while (rc == 0 && (rc = step(r, err)) == 0)
		rc = sleep_race(r, r->dialling, *r->args->until, err);
	if (rc == -1)
		fd_close(&r->fd);
	return r->fd;
}

/* ---- through a bastion ---- */

static bool has_reply(const struct race *r)
{
	struct pollfd pfd = { .fd = r->reply, .events = POLLIN };

	return r->reply != -1 && poll(&pfd, 1, 0) == 1;
}

/* Wait for the end of the work, until limit, or for the broker's reply; -1 where it is
 * the end of the race. */
static int wait_work(struct race *r, struct deadline limit, struct error *err)
{
	for (;;) {
		if (step_work(r, err) == -1)
			return -1;
		if (r->work != RACE_WORKING || has_reply(r))
			return 0;
		if (deadline_passed(limit))
			return r->args->ops->unfinished(r->args->cookie, err);
		if (sleep_race(r, false, limit, err) == -1)
			return -1;
	}
}

static int open_channel(const struct race *r, struct broker_watch *watch,
                        struct error *err)
{
	const struct race_args *a = r->args;
	/* The route may be read anew meanwhile. */
	char *gateway = xstrdup(a->route->gateway);
	char *target = xstrdup(a->route->target);
	int fd = broker_open_channel(gateway, target, a->port, watch, *a->until, err);

	free(gateway);
	free(target);
	return fd;
}

static bool may_locate(const struct race *r)
{
	const struct race_args *a = r->args;

	return !r->located && a->may_refresh && a->ops->locate != NULL &&
	       a->ops->may_win(a->cookie) && r->work != RACE_WORKING &&
	       deadline_left(*a->until) > LOOK_MS &&
	       !routefile_is_marked(a->route->target, a->port, MARK_LOOKED);
}

/* Ask the API where the server is. */
static void start_look(struct race *r)
{
	const struct race_args *a = r->args;

	r->located = true;
	r->look = deadline_within(*a->until, LOOK_MS);
	r->asked_gateway = xstrdup(a->route->gateway);
	r->asked_address = xstrdup(a->route->address);
	routefile_mark(a->route->target, a->port, MARK_LOOKED);
	r->failed = (struct error)ERROR_INIT;
	r->work = RACE_WORKING;
	if (a->ops->locate(a->cookie, &r->failed) == -1)
		r->look = deadline_in(0);
}

/* Has the API another address for the server, or another bastion, or no such server any
 * more?  r->failed says the latter. */
static bool has_moved(struct race *r)
{
	const struct route *route = r->args->route;
	struct error ignored = ERROR_INIT;

	if (wait_work(r, r->look, &ignored) == 0)
		r->moved = route->gateway == NULL ||
		           strcmp(route->gateway, r->asked_gateway) != 0 ||
		           strcmp(route->address, r->asked_address) != 0;
	if (r->moved)
		log_step("%s has moved to %s", route->alias, route->address);
	r->moved = r->moved || r->failed.code == ERROR_NO_HOST;
	return r->moved;
}

/* A reply of the broker counts as soon as it is there, whatever the API still does. */
static bool is_useless(int reply, void *cookie)
{
	struct race *r = cookie;
	struct error ignored = ERROR_INIT;
	bool moved;

	if (step_work(r, &ignored) == -1)
		return false;
	if (may_locate(r))
		start_look(r);
	r->reply = reply;
	moved = r->located && has_moved(r);
	r->reply = -1;
	return moved;
}

/* The server has moved: connect to where it is now. */
static int follow_server(struct race *r, struct broker_watch *watch, struct error *err)
{
	if (r->failed.code == ERROR_NO_HOST) {
		*err = r->failed;
		return -1;
	}
	return r->args->route->gateway == NULL ? direct(r, err) :
	                                         open_channel(r, watch, err);
}

/* The channel, or another one once the work beside it is done: perhaps the lease that is
 * being made was what was missing.  Without time for that, the first reason stays. */
static int open_or_wait(struct race *r, struct broker_watch *watch, struct error *err)
{
	struct error failed = ERROR_INIT;
	struct error again = ERROR_INIT;
	int fd = open_channel(r, watch, err);

	if (fd != -1 || err->code != ERROR_UNAVAILABLE || r->located ||
	    r->args->ops->work(r->args->cookie) != RACE_WORKING)
		return fd;
	if (wait_work(r, *r->args->until, &failed) == 0) {
		fd = open_channel(r, watch, &again);
		if (fd != -1)
			err->code = ERROR_NONE;
		else if (!deadline_passed(*r->args->until))
			*err = again;
		return fd;
	}
	if (failed.code == ERROR_NO_HOST)
		*err = failed;
	return -1;
}

/* A lease is rarely needed: the connection comes from the bastion. */
static int through_bastion(struct race *r, struct error *err)
{
	const struct race_args *a = r->args;
	struct broker_watch watch = { .caller = a->caller,
		                      .slow_at = deadline_in(FIRST_MS),
		                      .is_useless = is_useless,
		                      .cookie = r };
	int fd = open_or_wait(r, &watch, err);

	if (fd == -1 && err->code == ERROR_UNAVAILABLE && (r->moved || is_useless(-1, r)))
		fd = follow_server(r, &watch, err);
	if (fd != -1 && !a->ops->may_win(a->cookie) && wait_work(r, *a->until, err) == -1)
		fd_close(&fd);
	return fd;
}

int race_run(const struct race_args *args, struct error *err)
{
	struct race r = { .args = args,
		          .fd = -1,
		          .reply = -1,
		          .dialling = true,
		          .failed = ERROR_INIT,
		          .patience = deadline_within(*args->until, RACE_DOUBT_MS) };
	int fd =
		args->route->gateway != NULL ? through_bastion(&r, err) : direct(&r, err);

	dial_free(r.dial);
	free(r.address);
	free(r.asked_gateway);
	free(r.asked_address);
	return fd;
}
