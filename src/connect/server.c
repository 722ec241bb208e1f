/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sshaddress.h"
#include "base/strvec.h"
#include "broker/client.h"
#include "connect/helper.h"
#include "connect/server.h"
#include "hostkey/verify.h"
#include "keys/agentidentity.h"
#include "net/banner.h"
#include "net/dial.h"
#include "route/routefile.h"
#include "route/sourceaddr.h"
#include "runtime/log.h"

enum {
	AGENT_MS = 1000,   /* for ssh-agent to say which keys it has */
	BUSY_MS = 60000,   /* how long a server that only has too many callers is tried */
	BANNER_MS = 5000,  /* for its first word; ssh may wait longer */
	DOUBT_MS = 1000,   /* no answer for so long: the lease may not be ours any more */
	MOVE_ON_MS = 1500, /* no answer for so long after cxssh said it is open */
	FRESH_S = 5,       /* a lease as new as this was waited for by others, too */
};

struct connection {
	struct route *route;
	const struct connect_request *request;
	struct deadline until;
	struct helper helper;
	bool needs_helper; /* key or host key missing: no hand-over before cxssh is done
	                    */
};

/* ---- what is missing ---- */

/* What the key of this server is to be known under for this ssh to accept it. */
static void trusted_names(const struct connection *v, struct strvec *names)
{
	char *own = hostkey_alias(v->route->target);
	char *asked = hostkey_alias(v->request->asked->target);

	strvec_push(names, own);
	if (routefile_is_stack_role(v->request->asked))
		strvec_push(names, asked);
	free(own);
	free(asked);
}

/* In a file, or in ssh-agent. */
static bool has_key(const struct connection *v)
{
	const char *identity = v->route->identity;
	struct stat st;

	if (identity == NULL)
		return true;
	return agentidentity_is_one(identity) ?
	               agentidentity_is_ready(identity,
	                                      deadline_within(v->until, AGENT_MS)) :
	               stat(identity, &st) == 0;
}

static bool lacks_something(const struct connection *v)
{
	struct strvec names = STRVEC_INIT;
	bool lacks;

	trusted_names(v, &names);
	lacks = !has_key(v) || !hostkey_is_known(&names);
	strvec_release(&names);
	return lacks;
}

static int ask_helper(struct connection *v, bool refresh, struct error *err)
{
	return helper_start(&v->helper,
	                    &(struct helper_args){
				    .target = v->route->target,
				    .as = routefile_is_stack_role(v->request->asked) ?
	                                          v->request->asked->target :
	                                          NULL,
				    .refresh = refresh,
				    .until = v->until,
			    },
	                    err);
}

/* ---- the race of connect and lease ---- */

struct race {
	struct dial *dial;
	int fd;                   /* connected; -1: not yet */
	struct deadline patience; /* how long silence is borne before the next step */
	bool refreshed;           /* cxssh has been asked to look again */
	bool exit_handled;        /* the helper's end has been acted upon */
};

static int no_answer(const struct connection *v, const struct race *r, struct error *err)
{
	return dial_unanswered(r->dial, v->route->alias, v->route->address,
	                       v->request->options->port, err);
}

static struct dial *start_dial(const struct connection *v, const char *address,
                               struct error *err)
{
	int64_t most = v->request->has_sibling ? MOVE_ON_MS : deadline_left(v->until);
	struct dial *d = dial_start(address, v->request->options->port,
	                            deadline_within(v->until, most), err);

	if (d == NULL)
		error_prefix(err, "%s", v->route->alias);
	return d;
}

/* The address may have changed while cxssh looked. */
static int redial(struct connection *v, struct race *r, struct error *err)
{
	struct route fresh;
	struct dial *moved;

	if (routefile_read(v->route->target, &fresh, err) != 1 || fresh.address == NULL)
		return 0;
	if (strcmp(fresh.address, v->route->address) == 0) {
		routefile_release(&fresh);
		return 0;
	}
	log_step("%s has moved to %s", v->route->alias, fresh.address);
	moved = start_dial(v, fresh.address, err);
	routefile_release(v->route);
	*v->route = fresh;
	if (moved == NULL)
		return -1;
	fd_close(&r->fd); /* whoever answered there is somebody else */
	dial_free(r->dial);
	r->dial = moved;
	return 0;
}

/* No answer although the door should be open: have cxssh look again, once. */
static int refresh_once(struct connection *v, struct race *r, struct error *err)
{
	if (v->request->has_sibling)
		return no_answer(v, r, err);
	if (r->refreshed || v->request->options->port != SSH_PORT) {
		r->patience = v->until;
		return 0;
	}
	r->refreshed = true;
	r->exit_handled = false;
	return ask_helper(v, true, err);
}

/* The helper has ended: what does that mean for the race? */
static int on_helper_exit(struct connection *v, struct race *r, struct error *err)
{
	r->exit_handled = true;
	if (v->helper.state == HELPER_DONE) {
		if (v->needs_helper)
			dial_restart(r->dial);
		v->needs_helper = false;
		r->patience = deadline_within(v->until, MOVE_ON_MS);
		return redial(v, r, err);
	}
	/*
	 * Without the API a door that is still open is as good as ever: it is given
	 * a moment, and then the API's own words.
	 */
	if (v->needs_helper) {
		*err = v->helper.failed;
		return -1;
	}
	return 0;
}

/*
 * While cxssh has a host key to learn we stay away from the door: a connection that
 * may not be handed over yet would only take one of the few places before login
 * (MaxStartups), and perhaps the one that cxssh itself needs.  But when it is our own
 * helper that got through, one of us may follow.
 */
static bool may_dial(const struct connection *v)
{
	return !v->needs_helper || v->helper.state != HELPER_RUNNING ||
	       v->helper.answered;
}

/* One turn of the race: 1 won, 0 goes on, -1 lost. */
static int turn(struct connection *v, struct race *r, struct error *err)
{
	if (r->fd == -1 && may_dial(v))
		r->fd = dial_step(r->dial);
	helper_poll(&v->helper);
	if (!r->exit_handled && v->helper.state > HELPER_RUNNING &&
	    on_helper_exit(v, r, err) == -1)
		return -1;
	if (r->fd != -1 && !v->needs_helper)
		return 1;
	if (deadline_passed(v->until) && v->helper.state == HELPER_RUNNING) {
		error_set(err, ERROR_UNAVAILABLE, "the preparations took too long");
		return error_hint(err, "cxssh why");
	}
	if (deadline_passed(v->until))
		return no_answer(v, r, err);
	if (r->fd == -1 && v->helper.state != HELPER_RUNNING &&
	    deadline_passed(r->patience)) {
		if (v->helper.state == HELPER_FAILED) {
			*err = v->helper.failed;
			return -1;
		}
		return refresh_once(v, r, err);
	}
	return 0;
}

/* Sleep until something of the race may have changed; -1 when the caller has gone. */
static int sleep_race(const struct connection *v, const struct race *r, struct error *err)
{
	struct pollfd pfds[DIAL_FDS + 2];
	size_t n = 0;
	int wait = deadline_left(v->until);

	if (v->helper.state != HELPER_RUNNING && !deadline_passed(r->patience))
		wait = deadline_left(
			deadline_within(v->until, deadline_left(r->patience)));
	if (r->fd == -1 && may_dial(v)) {
		int due;

		n = dial_poll(r->dial, pfds, DIAL_FDS, &due);
		wait = due < wait ? due : wait;
	}
	pfds[n++] = (struct pollfd){ .fd = v->helper.child.output, .events = POLLIN };
	pfds[n++] = (struct pollfd){ .fd = v->request->options->caller, .events = 0 };
	(void)poll(pfds, (nfds_t)n, helper_poll_ms(&v->helper, wait));
	if ((pfds[n - 1].revents & (POLLHUP | POLLERR)) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "nobody waits any more");
	return 0;
}

static int run_race(struct connection *v, struct error *err)
{
	struct race r = { .fd = -1, .exit_handled = v->helper.state == HELPER_NONE };
	int state = -1;

	r.patience = deadline_within(v->until, DOUBT_MS);
	r.dial = start_dial(v, v->route->address, err);
	if (r.dial == NULL)
		return -1;
	while ((state = turn(v, &r, err)) == 0) {
		state = sleep_race(v, &r, err);
		if (state == -1)
			break;
	}
	dial_free(r.dial);
	if (state != 1)
		fd_close(&r.fd);
	return r.fd;
}

/* ---- gateway ---- */

static int open_channel(const struct connection *v, struct error *err)
{
	const struct connect_options *options = v->request->options;

	return broker_open_channel(v->route->gateway, v->route->target, options->port,
	                           options->caller, v->until, err);
}

/* Behind a gateway the lease is a courtesy: the connection comes from the bastion. */
static int through_gateway(struct connection *v, struct error *err)
{
	const struct connect_options *options = v->request->options;
	struct error ignored = ERROR_INIT;
	int fd = open_channel(v, err);

	/* Perhaps the lease that is being made is what was missing. */
	if (fd == -1 && err->code == ERROR_UNAVAILABLE &&
	    v->helper.state == HELPER_RUNNING &&
	    helper_wait(&v->helper, options->caller, v->until, &ignored) == 0)
		fd = open_channel(v, err);
	if (fd != -1 && v->needs_helper &&
	    helper_wait(&v->helper, options->caller, v->until, err) == -1)
		fd_close(&fd);
	return fd;
}

/* ---- a server with too many callers ---- */

static int connect_once(struct connection *v, struct error *err)
{
	return v->route->gateway != NULL ? through_gateway(v, err) : run_race(v, err);
}

/* A moment that differs from process to process, longer each time. */
static void back_off(const struct connection *v, int attempt)
{
	int64_t most = attempt < 4 ? 100 << attempt : 1600;

	deadline_sleep(v->until,
	               most / 2 + (deadline_now_ms() * 7919 + getpid() * 104729) % most);
}

/*
 * Connect, and hold the connection back until the server speaks; try again while
 * it turns us away.  It is there, so the time to give up is another one.
 */
static int connect_past_banner(struct connection *v, struct error *err)
{
	int caller = v->request->options->caller;
	int fd = connect_once(v, err);
	bool said = false;

	for (int attempt = 0; fd != -1; attempt++) {
		enum banner seen =
			banner_await(fd, caller, deadline_within(v->until, BANNER_MS));

		if (seen == BANNER_HERE || seen == BANNER_LATE)
			return fd;
		fd_close(&fd);
		if (seen == BANNER_GONE)
			break;
		if (attempt == 0) {
			routefile_mark(v->route->target, MARK_BUSY);
			if (v->request->has_sibling)
				v->until = deadline_within(v->until, MOVE_ON_MS);
			log_step("%s hangs up", v->route->alias);
		}
		if (seen == BANNER_BUSY && !said) {
			said = true;
			v->until = deadline_in(BUSY_MS);
			log_step("%s has too many callers", v->route->alias);
		}
		back_off(v, attempt);
		if (deadline_passed(v->until) && said)
			return error_set(err, ERROR_RETRY,
			                 "%s has too many callers who are not logged in "
			                 "yet",
			                 v->route->alias);
		if (deadline_passed(v->until))
			return error_set(err, ERROR_UNAVAILABLE,
			                 "%s (%s) hangs up before it has said a word",
			                 v->route->alias, v->route->address);
		fd = connect_once(v, err);
	}
	return fd;
}

/*
 * May many others be at the same door?  Then the server must speak to count as
 * open: a round trip more, and never on the warm path.
 */
static bool needs_banner_check(const struct route *route)
{
	return (int64_t)time(NULL) - route->lease_made < FRESH_S ||
	       routefile_is_marked(route->target, MARK_BUSY);
}

int connect_server(struct route *route, const struct connect_request *request,
                   struct error *err)
{
	struct connection v = { .route = route,
		                .request = request,
		                .until = request->options->until,
		                .helper = *request->helper };
	int fd = -1;

	*request->helper = (struct helper)HELPER_INIT;
	v.needs_helper = lacks_something(&v);
	if (v.helper.state != HELPER_RUNNING &&
	    (v.needs_helper ||
	     sourceaddr_lease_state(route, (int64_t)time(NULL)) != LEASE_VALID) &&
	    ask_helper(&v, false, err) == -1)
		return -1;
	if (v.helper.state != HELPER_NONE || needs_banner_check(route))
		fd = connect_past_banner(&v, err);
	else
		fd = connect_once(&v, err);
	if (fd != -1)
		log_step("connected to %s (%s%s)", route->alias, route->address,
		         route->gateway != NULL ? ", through the bastion" : "");
	helper_leave(&v.helper); /* a renewal goes on without us */
	return fd;
}
