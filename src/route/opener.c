#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "access/hosttrust.h"
#include "access/network.h"
#include "base/dirs.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "fleet/routefile.h"
#include "route/channel.h"
#include "route/dial.h"
#include "route/opener.h"

enum {
	DOUBT_MS = 1000,    /* no answer for so long: the lease may not be ours any more */
	MOVE_ON_MS = 1500,  /* no answer for so long: a role has other servers */
	SSH_PORT = 22,
};

/* One server being opened. */
struct visit {
	const struct opener_config *config;
	struct route route;
	const char *as;      /* the target that ssh asked for: the role, or the server itself */
	const char *as_alias;
	bool has_sibling;    /* another server of the role can be tried */
	bool needs_helper;   /* key or host key missing: no hand-over before cxssh is done */
	struct child helper; /* "cxssh open", or none */
	struct strbuf said;  /* what it printed */
	bool helped;         /* it has ended well */
	struct error failed; /* it has ended otherwise */
};

/* ---- cxssh open ---- */

static int start_helper(struct visit *v, const char *target, bool refresh, struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	char *program = dirs_program("cxssh");
	int rc;

	strvec_push(&argv, program);
	strvec_push(&argv, "open");
	strvec_pushf(&argv, "--within=%d", deadline_left(v->config->until));
	if (refresh)
		strvec_push(&argv, "--refresh");
	if (v->as != NULL && strcmp(v->as, target) != 0)
		strvec_pushf(&argv, "--as=%s", v->as);
	strvec_push(&argv, target);
	rc = spawn_start(argv.items, &v->helper, err);
	log_step("started cxssh open%s", refresh ? " --refresh" : "");
	v->helped = false;
	strvec_release(&argv);
	free(program);
	return rc;
}

/* The last line of what it said, without the program's name in front. */
static void note_failure(struct visit *v, int status)
{
	char *text = v->said.data;
	char *end = text + v->said.len;
	static const char prefix[] = "cxssh: ";

	while (end > text && end[-1] == '\n')
		*--end = '\0';
	for (char *newline = strchr(text, '\n'); newline != NULL; newline = strchr(text, '\n'))
		text = newline + 1;
	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	error_set(&v->failed, error_from_status(status), "%s",
	          *text != '\0' ? text : "cxssh open failed without a word");
}

/* Has the helper ended?  Its output is shown live where the user asked for that. */
static void look_at_helper(struct visit *v)
{
	struct error err = ERROR_INIT;
	size_t before = v->said.len;
	int status;
	int rc;

	if (v->helper.pid == 0)
		return;
	rc = spawn_poll(&v->helper, &v->said, &status, &err);
	if (log_is_live() && v->said.len > before)
		(void)!write(STDERR_FILENO, v->said.data + before, v->said.len - before);
	if (rc == 0)
		return;
	if (rc == 1 && status == 0)
		v->helped = true;
	else if (rc == 1)
		note_failure(v, status);
	else
		v->failed = err;
	log_step("cxssh open %s", v->helped ? "is done" : "failed");
}

/* Wait for the helper alone. */
static int await_helper(struct visit *v, struct error *err)
{
	while (v->helper.pid != 0) {
		struct pollfd pfds[2] = {
			{ .fd = v->helper.output, .events = POLLIN },
			{ .fd = v->config->caller, .events = 0 },
		};

		look_at_helper(v);
		if (v->helper.pid == 0)
			break;
		if (deadline_passed(v->config->until))
			return error_set(err, ERROR_UNAVAILABLE, "%s: the preparations took too long",
			                 v->as_alias);
		(void)poll(pfds, 2, v->helper.output == -1 ? 5 : deadline_left(v->config->until));
		if ((pfds[1].revents & (POLLHUP | POLLERR)) != 0)
			return error_set(err, ERROR_UNAVAILABLE, "nobody waits any more");
	}
	if (v->helped)
		return 0;
	*err = v->failed;
	return -1;
}

/* ---- one server ---- */

/* What the key of this server is to be known under for this ssh to accept it. */
static void trusted_names(const struct visit *v, struct strvec *names)
{
	char *own = hosttrust_name(v->route.target);
	char *asked = hosttrust_name(v->as);

	strvec_push(names, own);
	if (strcmp(own, asked) != 0)
		strvec_push(names, asked);
	free(own);
	free(asked);
}

static bool lacks_something(const struct visit *v)
{
	struct strvec names = STRVEC_INIT;
	bool lacks;
	struct stat st;

	trusted_names(v, &names);
	lacks = (v->route.identity != NULL && stat(v->route.identity, &st) == -1) ||
	        !hosttrust_has(&names);
	strvec_release(&names);
	return lacks;
}

static enum lease_state lease_state(const struct visit *v)
{
	char source[64];
	bool known = network_source(&v->route, source, sizeof(source));

	return routefile_lease(&v->route, (int64_t)time(NULL), known ? source : NULL);
}

/* The address may have changed while cxssh looked. */
static struct dial *redial(struct visit *v, struct dial *d, struct error *err)
{
	struct route fresh;

	if (routefile_read(v->route.target, &fresh, err) != 1)
		return d;
	if (fresh.address == NULL || strcmp(fresh.address, v->route.address) == 0) {
		routefile_release(&fresh);
		return d;
	}
	log_step("%s has moved to %s", v->route.alias, fresh.address);
	dial_free(d);
	routefile_release(&v->route);
	v->route = fresh;
	return dial_start(v->route.address, v->config->port, err);
}

/* Sleep until something of the race may have changed; -1 when the caller has gone. */
static int wait_race(const struct visit *v, const struct dial *d, bool connected, int at_most,
                     struct error *err)
{
	struct pollfd pfds[DIAL_FDS + 2];
	size_t n = 0;
	int wait = at_most;

	if (!connected) {
		int due;

		n = dial_poll(d, pfds, DIAL_FDS, &due);
		wait = due < wait ? due : wait;
	}
	pfds[n++] = (struct pollfd){ .fd = v->helper.output, .events = POLLIN };
	pfds[n++] = (struct pollfd){ .fd = v->config->caller, .events = 0 };
	if (v->helper.pid != 0 && v->helper.output == -1 && wait > 5)
		wait = 5; /* it closed its output and is about to end */
	(void)poll(pfds, (nfds_t)n, wait);
	if ((pfds[n - 1].revents & (POLLHUP | POLLERR)) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "nobody waits any more");
	return 0;
}

struct race {
	struct dial *dial;
	int fd;                    /* connected; -1: not yet */
	struct deadline patience;  /* how long silence is borne before the next step */
	bool renewed;              /* a second look by cxssh has been asked for */
	bool settled;              /* the helper's end has been acted upon */
};

/* No answer although the door should be open: ask cxssh to look again, once. */
static int doubt(struct visit *v, struct race *r, struct error *err)
{
	if (v->has_sibling && (r->renewed || r->settled))
		return error_set(err, ERROR_UNAVAILABLE, "%s (%s) does not answer",
		                 v->route.alias, v->route.address);
	if (r->renewed || v->config->port != SSH_PORT) {
		r->patience = v->config->until;
		return 0;
	}
	r->renewed = true;
	r->settled = false;
	r->patience = deadline_within(v->config->until, MOVE_ON_MS);
	v->said.len = 0;
	return start_helper(v, v->route.target, true, err);
}

/* The helper has ended: what does that mean for the race? */
static int settle(struct visit *v, struct race *r, struct error *err)
{
	r->settled = true;
	if (v->helped) {
		v->needs_helper = false;
		r->patience = deadline_within(v->config->until, MOVE_ON_MS);
		r->dial = redial(v, r->dial, err);
		return r->dial == NULL ? -1 : 0;
	}
	/*
	 * Without the API a door that is still open is as good as ever; it is given
	 * a moment, and then the API's own words.
	 */
	if (v->needs_helper || r->patience.at_ms <= deadline_now_ms()) {
		*err = v->failed;
		return -1;
	}
	return 0;
}

/* One turn of the race: 1 won, 0 goes on, -1 lost. */
static int turn(struct visit *v, struct race *r, struct error *err)
{
	if (r->fd == -1)
		r->fd = dial_step(r->dial);
	look_at_helper(v);
	if (v->helper.pid == 0 && !r->settled && (v->helped || v->failed.code != ERROR_NONE) &&
	    settle(v, r, err) == -1)
		return -1;
	if (r->fd != -1 && !v->needs_helper)
		return 1;
	if (deadline_passed(v->config->until))
		return error_set(err, ERROR_UNAVAILABLE, "%s (%s) does not answer on port %u%s",
		                 v->route.alias, v->route.address, v->config->port,
		                 dial_refused(r->dial) ? ": nothing listens there" : "");
	if (r->fd == -1 && v->helper.pid == 0 && deadline_passed(r->patience)) {
		if (v->failed.code != ERROR_NONE) {
			*err = v->failed;
			return -1;
		}
		return doubt(v, r, err);
	}
	return 0;
}

static int race(struct visit *v, struct error *err)
{
	struct race r = { .fd = -1, .settled = v->helper.pid == 0 };
	int state = -1;

	r.patience = deadline_within(v->config->until, DOUBT_MS);
	r.dial = dial_start(v->route.address, v->config->port, err);
	while (r.dial != NULL && (state = turn(v, &r, err)) == 0) {
		int at_most = deadline_left(v->config->until);

		if (v->helper.pid == 0 && !deadline_passed(r.patience))
			at_most = deadline_left(r.patience);
		if (wait_race(v, r.dial, r.fd != -1, at_most, err) == -1) {
			state = -1;
			break;
		}
	}
	dial_free(r.dial);
	if (state != 1 && r.fd != -1) {
		(void)close(r.fd);
		r.fd = -1;
	}
	return r.fd;
}

/* Behind a gateway the lease is a courtesy: the connection comes from the bastion. */
static int through_gateway(struct visit *v, struct error *err)
{
	int fd = channel_open(v->route.gateway, v->route.target, v->config->port,
	                      v->config->until, err);

	if (fd == -1 && err->code == ERROR_UNAVAILABLE && v->helper.pid != 0) {
		struct error ignored = ERROR_INIT;

		/* Perhaps the lease that is being made is what was missing. */
		if (await_helper(v, &ignored) == 0)
			fd = channel_open(v->route.gateway, v->route.target, v->config->port,
			                  v->config->until, err);
	}
	if (fd == -1)
		return -1;
	if (v->needs_helper && await_helper(v, err) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int visit_server(struct visit *v, struct error *err)
{
	enum lease_state lease = lease_state(v);
	int fd;

	v->needs_helper = lacks_something(v);
	if ((v->needs_helper || lease != LEASE_VALID) &&
	    start_helper(v, v->route.target, false, err) == -1)
		return -1;
	fd = v->route.gateway != NULL ? through_gateway(v, err) : race(v, err);
	if (fd != -1)
		log_step("connected to %s (%s%s)", v->route.alias, v->route.address,
		         v->route.gateway != NULL ? ", through the bastion" : "");
	spawn_leave(&v->helper); /* a renewal goes on without us */
	return fd;
}

/* ---- targets ---- */

/* The route of target, made by cxssh where there is none.  v is a scratch pad. */
static int find_route(const char *target, const struct opener_config *config,
                      struct route *route, struct error *err)
{
	struct visit v = { .config = config, .as = target, .as_alias = target,
		           .helper = CHILD_INIT, .said = STRBUF_INIT };
	int rc = routefile_read(target, route, err);

	if (rc == 0) {
		rc = start_helper(&v, target, false, err);
		if (rc == 0)
			rc = await_helper(&v, err);
		if (rc == 0 && (rc = routefile_read(target, route, err)) != 1)
			rc = error_set(err, ERROR_INTERNAL, "%s: no route was made", target);
		spawn_leave(&v.helper);
		strbuf_release(&v.said);
	}
	return rc == 1 ? 0 : -1;
}

/* Open one server; ssh asked for `asked` (the server itself, or its role). */
static int open_server(const struct route *asked, const char *uid, bool has_sibling,
                       const struct opener_config *config, struct error *err)
{
	struct visit v = { .config = config, .as = asked->target, .as_alias = asked->alias,
		           .has_sibling = has_sibling, .helper = CHILD_INIT,
		           .said = STRBUF_INIT };
	int fd = -1;

	if (find_route(uid, config, &v.route, err) == 0)
		fd = visit_server(&v, err);
	routefile_release(&v.route);
	strbuf_release(&v.said);
	return fd;
}

/* Not so long ago it did not answer: others first. */
static void down_last(struct strvec *servers)
{
	char **down = xcalloc(servers->count + 1, sizeof(*down));
	size_t up = 0;
	size_t n = 0;

	for (size_t i = 0; i < servers->count; i++) {
		if (routefile_is_down(servers->items[i]))
			down[n++] = servers->items[i];
		else
			servers->items[up++] = servers->items[i];
	}
	for (size_t i = 0; i < n; i++)
		servers->items[up + i] = down[i];
	free(down);
}

static int open_role(struct route *role, const struct opener_config *config,
                     struct error *err)
{
	struct strvec *servers = &role->servers;
	bool marked = false;
	int fd = -1;

	if (servers->count > 1)
		down_last(servers);
	for (size_t i = 0; i < servers->count && fd == -1; i++) {
		bool last = i + 1 == servers->count;

		fd = open_server(role, servers->items[i], !last, config, err);
		if (fd == -1) {
			log_step("%s", err->text);
			if (last || err->code != ERROR_UNAVAILABLE || deadline_passed(config->until))
				break;
			routefile_mark_down(servers->items[i], true);
			marked = true;
		} else if (!marked && routefile_is_down(servers->items[i])) {
			routefile_mark_down(servers->items[i], false);
		}
	}
	return fd;
}

static void make_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags != -1)
		(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

int opener_open(const char *target, const struct opener_config *config, struct error *err)
{
	struct route route;
	int fd;

	if (find_route(target, config, &route, err) == -1)
		return -1;
	if (routefile_is_role(&route))
		fd = open_role(&route, config, err);
	else
		fd = open_server(&route, route.target, false, config, err);
	if (fd != -1)
		make_blocking(fd);
	routefile_release(&route);
	return fd;
}
