/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sshaddress.h"
#include "base/strvec.h"
#include "broker/client.h"
#include "connect/apn.h"
#include "connect/crowd.h"
#include "connect/explain.h"
#include "connect/helper.h"
#include "connect/race.h"
#include "connect/server.h"
#include "hostkey/hostkeyalias.h"
#include "keys/agentidentity.h"
#include "keys/keyfile.h"
#include "net/banner.h"
#include "net/fdpass.h"
#include "route/routefile.h"
#include "route/sourceaddr.h"
#include "runtime/log.h"

enum {
	AGENT_MS = 1000,    /* for ssh-agent to list its keys */
	RENEWAL_MS = 60000, /* for a lease that no client waits for */
	BUSY_MS = 60000,    /* how long a server with too many clients is tried again */
	BANNER_MS = 5000,   /* for its first byte; ssh may wait longer */
};

struct connection {
	struct route *route;
	const struct connect_request *request;
	struct deadline until;
	struct helper helper;
	bool was_there;    /* the server has accepted a connection, and closed it */
	bool needs_helper; /* key or host key missing: no hand-over before it is done */
	bool first_lease;  /* there was no valid one at the begin */
	int crowd;         /* see connect/crowd.h */
};

/* ---- what is missing ---- */

bool connect_has_key(const struct route *route, struct deadline until)
{
	const char *identity = route->identity;

	if (identity == NULL)
		return true;
	if (agentidentity_is_one(identity))
		return agentidentity_is_ready(identity, deadline_within(until, AGENT_MS));
	return keyfile_is_usable(identity);
}

/* Is the host key known by all names that this ssh may look it up by? */
static bool has_host_key(const struct connection *c)
{
	const struct route *by = c->request->asked;
	struct strvec names = STRVEC_INIT;
	char *own = hostkey_alias(c->route->target);
	char *asked = hostkey_alias(by->target);
	bool known;

	strvec_push(&names, own);
	/* A name that has no block has no HostKeyAlias. */
	if (routefile_has_servers(by))
		strvec_push(&names,
		            strcmp(by->target, by->alias) == 0 ? by->alias : asked);
	known = hostkey_is_listed(&names);
	strvec_release(&names);
	free(own);
	free(asked);
	return known;
}

enum helper_work { PREPARE, REFRESH, LOCATE };

static int start_helper(struct connection *c, enum helper_work work, struct error *err)
{
	const struct route *asked = c->request->asked;
	struct helper_args args = {
		.target = c->route->target,
		.as = routefile_has_servers(asked) ? asked->target : NULL,
		.refresh = work == REFRESH,
		.locate = work == LOCATE,
		.until = c->until,
		.opening_ms = c->request->options->opening_ms,
		.renewal_ms = work == PREPARE && !c->needs_helper ? RENEWAL_MS : 0,
	};

	return helper_start(&c->helper, &args, err);
}

/* ---- the helper as the work beside the connection ---- */

static enum race_work helper_work(void *cookie)
{
	static const enum race_work as_work[] = {
		[HELPER_NONE] = RACE_IDLE,
		[HELPER_RUNNING] = RACE_WORKING,
		[HELPER_DONE] = RACE_READY,
		[HELPER_FAILED] = RACE_FAILED,
	};
	struct connection *c = cookie;

	helper_poll(&c->helper);
	if (c->route->gateway == NULL && !c->was_there)
		c->until = helper_until(&c->helper, c->until);
	return as_work[c->helper.state];
}

/* Take the route that the helper wrote. */
static void read_route(struct connection *c)
{
	struct error ignored = ERROR_INIT;
	struct route fresh;

	if (routefile_read(c->route->target, &fresh, &ignored) != 1)
		return;
	if (fresh.address == NULL) {
		routefile_release(&fresh);
		return;
	}
	routefile_release(c->route);
	*c->route = fresh;
}

/* Without the API a lease that is still valid serves: its failure is not yet the end. */
static int on_helper_exit(void *cookie, struct error *err)
{
	struct connection *c = cookie;

	if (c->helper.state == HELPER_DONE) {
		c->needs_helper = false;
		read_route(c);
		return 0;
	}
	*err = c->helper.failed;
	return c->needs_helper ? -1 : 0;
}

/*
 * Do not connect while the helper learns the host key: the connection would take a
 * MaxStartups slot, perhaps the one that the helper needs.  Once the server has accepted
 * the helper's own connection, one more may follow.
 */
static bool may_dial(void *cookie)
{
	const struct connection *c = cookie;

	return !c->needs_helper || c->helper.state != HELPER_RUNNING ||
	       c->helper.answered;
}

static bool may_hand_over(void *cookie)
{
	const struct connection *c = cookie;

	return !c->needs_helper;
}

static int on_unfinished_helper(void *cookie, struct error *err)
{
	struct connection *c = cookie;
	const struct error *reason = helper_reason(&c->helper);

	if (reason == NULL && c->helper.opening)
		return race_still_opening(c->route->alias, err);
	if (reason == NULL)
		return race_took_too_long(c->route->alias, err);
	*err = *reason;
	return -1;
}

static int refresh(void *cookie, struct error *err)
{
	return start_helper(cookie, REFRESH, err);
}

static int locate(void *cookie, struct error *err)
{
	return start_helper(cookie, LOCATE, err);
}

static void sleep_with_helper(void *cookie, struct pollfd *pfds, size_t n, int wait_ms)
{
	const struct connection *c = cookie;

	pfds[n] = (struct pollfd){ .fd = c->helper.child.output, .events = POLLIN };
	(void)poll(pfds, (nfds_t)n + 1, helper_poll_ms(&c->helper, wait_ms));
}

static int connect_once(struct connection *c, struct error *err)
{
	static const struct race_ops ops = {
		.work = helper_work,
		.ended = on_helper_exit,
		.may_dial = may_dial,
		.may_win = may_hand_over,
		.unfinished = on_unfinished_helper,
		.refresh = refresh,
		.locate = locate,
		.sleep = sleep_with_helper,
	};
	const struct connect_request *request = c->request;
	struct race_args args = {
		.route = c->route,
		.port = request->options->port,
		.caller = request->options->caller,
		.until = &c->until,
		.has_sibling = request->has_sibling,
		.was_there = c->was_there,
		.may_refresh =
			!request->has_sibling && request->options->port == SSH_PORT,
		.ops = &ops,
		.cookie = c,
	};

	return race_run(&args, err);
}

/* ---- a server with too many clients ---- */

/* Sleep for a time that differs from process to process, and grows. */
static void back_off(const struct connection *c, int attempt)
{
	int64_t most = attempt < 4 ? 100 << attempt : 1600;

	deadline_sleep(c->until, most / 2 + (deadline_now_ms() * 7919 +
	                                     (int64_t)getpid() * 104729) %
	                                            most);
}

/* ssh waits for a descriptor as long as it takes; other clients give up after 10 s. */
static bool may_wait(const struct connection *c)
{
	const struct connect_options *options = c->request->options;

	return !c->request->has_sibling && fdpass_wanted(options->caller, options->out);
}

/* An overloaded sshd, which may be on this computer, turns a client away late. */
static struct deadline banner_limit(const struct connection *c)
{
	return c->request->options->overloaded && may_wait(c) ?
	               c->until :
	               deadline_within(c->until, BANNER_MS);
}

/* The server has closed the connection before its banner, for the first time. */
static void on_hang_up(struct connection *c)
{
	log_step("%s hangs up", c->route->alias);
	c->was_there = true;
	routefile_mark(c->route->target, c->request->options->port, MARK_BUSY);
	if (c->request->has_sibling)
		c->until = deadline_within(c->until, RACE_SETTLE_MS);
}

static bool is_busy(enum banner seen)
{
	return seen == BANNER_BUSY || seen == BANNER_BARRED;
}

/* Is the broker at work for others, with a login?  It says so itself where it is asked
 * early enough.  On an overloaded computer it may say that a server does not answer, too,
 * which is only late. */
static bool broker_is_busy(const struct connection *c, const struct error *failed)
{
	struct broker_status status;
	struct error ignored = ERROR_INIT;
	bool late = deadline_passed(c->until) || c->request->options->overloaded;

	return !c->needs_helper &&
	       (failed->code == ERROR_RETRY ||
	        (failed->code == ERROR_UNAVAILABLE && late)) &&
	       broker_status(c->route->gateway, &status, &ignored) == BROKER_ANSWERED &&
	       strcmp(status.transport, BROKER_CONNECTING) != 0;
}

/* A bastion opens channels one after the other: ssh itself is kept waiting for its turn,
 * for up to a minute. */
static int connect_in_turn(struct connection *c, struct error *err)
{
	int fd = connect_once(c, err);
	struct error busy;
	int attempt = 0;

	if (fd != -1 || c->route->gateway == NULL || !may_wait(c) ||
	    !broker_is_busy(c, err))
		return fd;
	log_step("the bastion of %s serves others", c->route->alias);
	c->until = deadline_in(BUSY_MS);
	do {
		busy = *err;
		*err = (struct error)ERROR_INIT;
		back_off(c, attempt++);
		fd = connect_once(c, err);
	} while (fd == -1 && !deadline_passed(c->until) && broker_is_busy(c, err));
	if (fd == -1 && deadline_passed(c->until))
		*err = busy;
	return fd;
}

/*
 * Must the server's banner be seen before the hand-over?  Only where many clients may
 * connect at the same moment: a single warm connection pays no round trip for it.
 */
static bool needs_banner_check(const struct connection *c)
{
	return c->request->options->overloaded || c->helper.state != HELPER_NONE ||
	       (int64_t)time(NULL) - c->route->lease_made < RACE_FRESH_S ||
	       routefile_is_marked(c->route->target, c->request->options->port,
	                           MARK_BUSY) ||
	       crowd_is_there(c->crowd);
}

/*
 * Connect, wait for the server's banner where that may not come, and try again while it
 * turns connections away.  ssh itself is kept waiting for a server that says so, for up
 * to a minute.
 */
static int connect_past_banner(struct connection *c, struct error *err)
{
	const struct connect_options *options = c->request->options;
	bool waiting = false;
	int fd = connect_in_turn(c, err);

	if (fd != -1 && !needs_banner_check(c))
		return fd;
	for (int attempt = 0; fd != -1; attempt++) {
		enum banner seen = banner_await(fd, options->caller, banner_limit(c));

		if (seen == BANNER_HERE || (seen == BANNER_LATE && !c->was_there))
			return fd;
		fd_close(&fd);
		if (seen == BANNER_GONE)
			return error_set(err, ERROR_CLIENT_GONE, "the client hung up");
		if (attempt == 0)
			on_hang_up(c);
		if (is_busy(seen) && !waiting && may_wait(c)) {
			waiting = true;
			c->until = deadline_in(BUSY_MS);
			log_step("%s has too many callers", c->route->alias);
		}
		if (seen != BANNER_ALIEN)
			back_off(c, attempt);
		if (seen == BANNER_ALIEN || deadline_passed(c->until)) {
			banner_refusal(seen, c->route->alias, c->route->address, err);
			if (c->request->has_sibling)
				err->code = ERROR_UNAVAILABLE; /* that one is tried */
			return -1;
		}
		fd = connect_in_turn(c, err);
	}
	return fd;
}

/* Wait until the helper has ended; true when all that was missing is there. */
static bool finish_helper(struct connection *c)
{
	while (c->helper.state == HELPER_RUNNING && !deadline_passed(c->until)) {
		struct pollfd pfd = { .fd = c->helper.child.output, .events = POLLIN };

		(void)poll(&pfd, 1, helper_poll_ms(&c->helper, deadline_left(c->until)));
		helper_poll(&c->helper);
	}
	return c->helper.state == HELPER_DONE;
}

/* By the private network of the stack, which needs no lease; -1: it is not there. */
static int connect_by_apn(struct connection *c)
{
	if (c->route->apn == NULL)
		return -1;
	if (c->needs_helper) {
		if (!finish_helper(c))
			return -1;
		c->needs_helper = false;
		read_route(c);
	}
	return apn_connect(c->route, c->request->options->port, c->until);
}

static bool needs_lease(const struct route *route)
{
	return sourceaddr_lease_state(route, (int64_t)time(NULL)) != LEASE_VALID;
}

int connect_server(struct route *route, const struct connect_request *request,
                   struct error *err)
{
	struct connection c = { .route = route,
		                .request = request,
		                .until = request->options->until,
		                .helper = *request->helper };
	int fd;

	*request->helper = (struct helper)HELPER_INIT;
	c.needs_helper = !connect_has_key(route, c.until) || !has_host_key(&c);
	c.first_lease = needs_lease(route);
	if (c.helper.state != HELPER_RUNNING &&
	    (c.needs_helper || (route->apn == NULL && c.first_lease)) &&
	    start_helper(&c, PREPARE, err) == -1)
		return -1;
	fd = connect_by_apn(&c);
	if (fd != -1) {
		helper_leave(&c.helper);
		return fd;
	}
	if (route->apn != NULL && c.helper.state != HELPER_RUNNING &&
	    needs_lease(route) && start_helper(&c, PREPARE, err) == -1)
		return -1;
	c.crowd = crowd_join(route->target, request->options->port);
	fd = connect_past_banner(&c, err);
	fd_close(&c.crowd);
	if (fd != -1) {
		log_step("connected to %s (%s%s)", route->alias, route->address,
		         route->gateway != NULL ? ", through the bastion" : "");
		helper_leave(&c.helper); /* it may go on to renew the lease */
		return fd;
	}
	explain_failure(&(struct explain_facts){ .route = route,
	                                         .port = request->options->port,
	                                         .helper = &c.helper,
	                                         .first_lease = c.first_lease },
	                err);
	helper_stop(&c.helper);
	return -1;
}
