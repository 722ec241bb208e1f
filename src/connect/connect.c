/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strvec.h"
#include "connect/connect.h"
#include "connect/helper.h"
#include "connect/server.h"
#include "route/autosync.h"
#include "route/routefile.h"
#include "runtime/log.h"

enum {
	TRY_MS = 1000,      /* with less time left, no other server is tried */
	CHECKED_S = 60,     /* so long the API's answer on a role is good */
	CHECKING_MS = 1500, /* and so long it is waited for */
};

/*
 * Read the route of target.  Where there is none the helper makes one, on behalf of the
 * role as (or NULL), and may still be running afterwards.
 */
static int find_route(const char *target, const char *as,
                      const struct connect_options *options, struct helper *helper,
                      struct route *route, struct error *err)
{
	int rc = routefile_read(target, route, err);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	rc = helper_start(helper,
	                  &(struct helper_args){ .target = target,
	                                         .as = as,
	                                         .until = options->until,
	                                         .opening_ms = options->opening_ms },
	                  err);
	if (rc == 0)
		rc = helper_wait_answer(helper, options->caller, options->until, err);
	if (rc == 0 && routefile_read(target, route, err) != 1)
		rc = error_set(err, ERROR_INTERNAL, "%s: no route was made", target);
	return rc;
}

static int open_member(const struct route *role, const char *uid, bool has_sibling,
                       const struct connect_options *options, struct error *err)
{
	struct helper helper = HELPER_INIT;
	struct connect_request request = { .options = options,
		                           .asked = role,
		                           .has_sibling = has_sibling,
		                           .helper = &helper };
	struct route route;
	int fd = -1;

	if (find_route(uid, role->target, options, &helper, &route, err) == 0) {
		fd = connect_server(&route, &request, err);
		routefile_release(&route);
	}
	helper_stop(&helper); /* not taken over: no route was made */
	return fd;
}

/* Put the servers that did not answer lately last. */
static void down_last(struct strvec *servers, const struct connect_options *options)
{
	char **down = xcalloc(servers->count + 1, sizeof(*down));
	size_t up = 0;
	size_t n = 0;

	for (size_t i = 0; i < servers->count; i++) {
		if (routefile_is_marked(servers->items[i], options->port, MARK_DOWN))
			down[n++] = servers->items[i];
		else
			servers->items[up++] = servers->items[i];
	}
	for (size_t i = 0; i < n; i++)
		servers->items[up + i] = down[i];
	free(down);
}

static int open_role(struct route *role, const struct connect_options *options,
                     struct error *err)
{
	struct strvec *servers = &role->servers;
	bool marked = false;
	size_t tried = 0;
	int fd = -1;

	if (servers->count > 1)
		down_last(servers, options);
	for (size_t i = 0; i < servers->count && fd == -1; i++) {
		bool last = i + 1 == servers->count;

		tried++;
		fd = open_member(role, servers->items[i], !last, options, err);
		if (fd == -1) {
			log_step("%s", err->text);
			if (last || (err->code != ERROR_UNAVAILABLE &&
			             err->code != ERROR_NO_HOST))
				break;
			routefile_mark(servers->items[i], options->port, MARK_DOWN);
			marked = true;
			if (deadline_left(options->until) < TRY_MS)
				break;
		} else if (!marked && routefile_is_marked(servers->items[i],
		                                          options->port, MARK_DOWN)) {
			routefile_unmark(servers->items[i], options->port, MARK_DOWN);
		}
	}
	if (fd == -1 && tried > 1 && err->code == ERROR_UNAVAILABLE)
		error_prefix(err, "%s: %zu of %zu servers tried, the last", role->alias,
		             tried, servers->count);
	return fd;
}

/* Is trying again what helps, or has the client gone? */
static bool needs_no_hint(const struct error *err)
{
	return err->code == ERROR_RETRY || err->code == ERROR_CLIENT_GONE ||
	       strstr(err->text, "again") != NULL;
}

/* The host of a message, and the command that helps, unless the message says so. */
static void complete(const struct route *route, struct error *err)
{
	const char *alias = route->alias;
	bool soon = needs_no_hint(err);

	if (err->code == ERROR_CLIENT_GONE)
		return;
	if (strstr(err->text, alias) == NULL && route->address != NULL)
		error_prefix(err, "%s (%s)", alias, route->address);
	else if (strstr(err->text, alias) == NULL)
		error_prefix(err, "%s", alias);
	if (!soon)
		error_hint(err, "cxssh doctor %s", alias);
}

/* The same for a target without a route.  That of a name newer than the last sync is the
 * name; others are uids, which say nothing to a user. */
static void complete_unknown(const char *target, struct error *err)
{
	bool is_name = valid_alias(target) && strchr(target, '-') != NULL;

	if (err->code == ERROR_CLIENT_GONE)
		return;
	if (is_name && strstr(err->text, target) == NULL)
		error_prefix(err, "%s", target);
	if (!needs_no_hint(err))
		error_hint(err, "cxssh doctor");
}

static void make_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags != -1)
		(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/* Ask the API which servers have the role: true when its route is written anew. */
static bool ask_role(const struct route *role, const struct connect_options *options)
{
	struct deadline until = deadline_within(options->until, CHECKING_MS);
	struct helper helper = HELPER_INIT;
	struct error ignored = ERROR_INIT;
	bool answered =
		helper_start(&helper,
	                     &(struct helper_args){ .target = role->target,
	                                            .refresh = true,
	                                            .until = until },
	                     &ignored) == 0 &&
		helper_wait_answer(&helper, options->caller, until, &ignored) == 0;

	helper_stop(&helper);
	return answered;
}

/*
 * A role may have moved to another server while the old one still answers: ask the API,
 * unless it was asked just now.  Without an answer the route stays as it is.
 */
static void check_role(struct route *role, const struct connect_options *options)
{
	struct error ignored = ERROR_INIT;
	struct route fresh;

	if (!routefile_is_stack_role(role) || autosync_is_fresh(CHECKED_S) ||
	    routefile_is_marked(role->target, SSH_PORT, MARK_CHECKED))
		return;
	routefile_mark(role->target, SSH_PORT, MARK_CHECKED);
	if (ask_role(role, options) &&
	    routefile_read(role->target, &fresh, &ignored) == 1) {
		routefile_release(role);
		*role = fresh;
	}
}

/* Connect by route; the helper, which may be at work for it, is taken over. */
static int open_route(struct route *route, struct helper *helper,
                      const struct connect_options *options, struct error *err)
{
	struct connect_request request = { .options = options,
		                           .asked = route,
		                           .helper = helper };

	if (!routefile_has_servers(route))
		return connect_server(route, &request, err);
	check_role(route, options);
	return open_role(route, options, err);
}

static bool same_servers(const struct route *a, const struct route *b)
{
	bool same = a->servers.count == b->servers.count;

	for (size_t i = 0; same && i < a->servers.count; i++)
		same = strcmp(a->servers.items[i], b->servers.items[i]) == 0;
	return same;
}

/* Read the route anew: true when it leads to other servers. */
static bool is_rewritten(const struct route *route, struct route *fresh)
{
	struct error ignored = ERROR_INIT;

	if (routefile_read(route->target, fresh, &ignored) != 1)
		return false;
	if (!same_servers(route, fresh))
		return true;
	routefile_release(fresh);
	return false;
}

/* No server of the role was reached: has it moved since the API was asked? */
static bool has_role_moved(const struct route *role,
                           const struct connect_options *options, struct route *fresh)
{
	if (is_rewritten(role, fresh)) /* a member's helper has asked */
		return true;
	if (deadline_left(options->until) < TRY_MS ||
	    routefile_is_marked(role->target, SSH_PORT, MARK_LOOKED))
		return false;
	routefile_mark(role->target, SSH_PORT, MARK_LOOKED);
	return ask_role(role, options) && is_rewritten(role, fresh);
}

/* Not reached: the alias may lead to another server by now. */
static bool is_rerouted(struct route *route, const struct connect_options *options,
                        const struct error *why)
{
	struct route fresh;
	bool moved = false;

	if (routefile_is_stack_role(route) &&
	    (why->code == ERROR_NO_HOST || why->code == ERROR_UNAVAILABLE))
		moved = has_role_moved(route, options, &fresh);
	else if (why->code == ERROR_NO_HOST)
		moved = is_rewritten(route, &fresh);
	if (!moved)
		return false;
	log_step("%s leads to another server now", fresh.alias);
	routefile_release(route);
	*route = fresh;
	return true;
}

int connect_target(const char *target, const struct connect_options *options,
                   struct error *err)
{
	struct helper helper = HELPER_INIT;
	struct error ignored = ERROR_INIT;
	struct route route;
	int fd = -1;

	if (find_route(target, NULL, options, &helper, &route, err) == 0) {
		fd = open_route(&route, &helper, options, err);
		if (fd == -1 && is_rerouted(&route, options, err))
			fd = open_route(&route, &helper, options, err);
		if (fd != -1)
			autosync_on_connect(routefile_has_servers(&route) &&
			                    !routefile_is_stack_role(&route));
		if (fd == -1)
			complete(&route, err);
		routefile_release(&route);
	} else if (routefile_read(target, &route, &ignored) == 1) {
		/* The helper has found the host, and failed later. */
		complete(&route, err);
		routefile_release(&route);
	} else {
		complete_unknown(target, err);
	}
	helper_stop(&helper); /* not taken over: no route was made */
	if (fd != -1)
		make_blocking(fd);
	return fd;
}
