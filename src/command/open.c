/*
 * open - make a target ready for a connection: its route, the key, the lease, the
 * host key.  Started by cxssh-proxy; its last line on stderr is what ssh's user
 * sees.
 */

#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "access/hosttrust.h"
#include "access/identity.h"
#include "access/lease.h"
#include "access/network.h"
#include "base/config.h"
#include "base/error.h"
#include "base/log.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "command/failure.h"
#include "command/survey.h"
#include "command/writeout.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/routefile.h"
#include "fleet/selection.h"
#include "route/bastion.h"
#include "route/channel.h"
#include "route/dial.h"

enum { DEFAULT_MS = 60000, SSH_PORT = 22, SIBLING_MS = 1500 };

struct job {
	const struct config *config;
	const char *target;
	const char *as;      /* a role on whose behalf, or NULL */
	bool refresh;        /* the server did not answer although the lease seemed valid */
	int64_t started;     /* seconds since the epoch */
	struct deadline until;
	struct api *api;     /* opened when first needed */
	struct route route;
};

static int need_api(struct job *job, struct error *err)
{
	if (job->api == NULL)
		job->api = survey_api(job->config, job->until, err);
	return job->api == NULL ? -1 : 0;
}

/* ---- the route ---- */

/* An alias becomes a route of its own that leads to the real one. */
static int route_alias(const char *name, const struct selection *found, struct error *err)
{
	struct route route = { .target = xstrdup(name), .alias = xstrdup(name),
		               .stack_uid = xstrdup(found->stack->uid) };
	struct server **servers;
	int rc;

	if (found->server != NULL) {
		route.user = xstrdup(found->server->user);
		strvec_push(&route.servers, found->server->uid);
	} else {
		size_t count = role_servers(found->stack, found->role->name, &servers);

		route.user = xstrdup(servers[0]->user);
		for (size_t i = 0; i < count; i++)
			strvec_push(&route.servers, servers[i]->uid);
		free(servers);
	}
	rc = routefile_write(&route, NULL, err);
	routefile_release(&route);
	return rc;
}

/* Whoever fetched the fleet wrote the routes, too. */
static bool has_route(const char *target)
{
	struct error ignored = ERROR_INIT;
	struct route route;
	bool has = routefile_read(target, &route, &ignored) == 1;

	if (has)
		routefile_release(&route);
	return has;
}

/* The fleet is looked up, in the cache first, then at the API: the target may be new. */
static int find_target(struct job *job, struct error *err)
{
	const int64_t ages[] = { 0, job->started };

	for (size_t i = 0; i < 2; i++) {
		struct fleet fleet = FLEET_INIT;
		struct selection found;
		int rc = survey_load(job->config, ages[i], &fleet, job->until, err);

		if (rc == 0 && selection_by_alias(&fleet, job->target, &found) == 1) {
			if (!has_route(job->target))
				rc = survey_keep(&fleet, job->config, err);
			if (rc == 0 && strcmp(job->target, found.server != NULL ?
			                                           found.server->alias :
			                                           found.role->alias) == 0)
				rc = route_alias(job->target, &found, err);
			fleet_release(&fleet);
			return rc;
		}
		if (rc == 0 && i == 1)
			rc = selection_unknown(&fleet, job->target, err);
		fleet_release(&fleet);
		if (rc == -1)
			return -1;
	}
	return -1;
}

/* Ask the API again where the server is. */
static int refresh_route(struct job *job, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct stack *stack;
	int rc = -1;

	if (need_api(job, err) == -1 || inventory_load(&fleet, err) != 1 ||
	    fleet_server(&fleet, job->target, &stack) == NULL)
		goto out;
	if (inventory_refresh_stack(job->api, &fleet, stack->uid, job->until, err) == -1)
		goto out;
	if (fleet_server(&fleet, job->target, NULL) == NULL) {
		error_set(err, ERROR_NO_HOST, "%s is gone from its stack", job->route.alias);
		error_hint(err, "cxssh sync");
		goto out;
	}
	survey_name(&fleet);
	if (survey_keep(&fleet, job->config, err) == -1)
		goto out;
	routefile_release(&job->route);
	rc = routefile_read(job->target, &job->route, err) == 1 ? 0 : -1;
out:
	fleet_release(&fleet);
	return rc;
}

/* ---- key, lease, host key ---- */

/*
 * The API gave no key: from now on the user's own keys are used.  The ssh that
 * waits has read its configuration already; where that was right, all is well.
 */
static int note_keyless(struct job *job, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct server *server;
	bool changed = false;
	int rc = inventory_load(&fleet, err) == 1 ? 0 : -1;

	if (rc == 0 && (server = fleet_server(&fleet, job->target, NULL)) != NULL) {
		server->key = KEY_NONE;
		rc = survey_keep(&fleet, job->config, err);
		if (rc == 0)
			rc = writeout_config(&fleet, job->config, &changed, err);
	}
	fleet_release(&fleet);
	free(job->route.identity);
	job->route.identity = NULL;
	if (rc == -1 || !changed)
		return rc;
	return error_set(err, ERROR_RETRY,
	                 "the API has no ssh key for %s; your own keys will be used from "
	                 "now on: connect again",
	                 job->route.alias);
}

static int ensure_key(struct job *job, struct error *err)
{
	int rc;

	if (job->route.identity == NULL || identity_exists(job->route.identity))
		return 0;
	if (need_api(job, err) == -1)
		return -1;
	rc = identity_fetch(job->api, job->route.stack_uid, job->target, job->route.identity,
	                    false, job->until, err);
	return rc == 0 ? note_keyless(job, err) : rc == 1 ? 0 : -1;
}

static enum lease_state lease_state(const struct job *job)
{
	char source[64];
	bool known = network_source(&job->route, source, sizeof(source));

	return routefile_lease(&job->route, lease_now(), known ? source : NULL);
}

static int ensure_lease(struct job *job, struct error *err)
{
	bool direct = job->route.gateway == NULL;

	if (lease_state(job) == LEASE_VALID &&
	    (!job->refresh || job->route.lease_made >= job->started))
		return 0;
	if (need_api(job, err) == 0 &&
	    lease_take(job->api, job->config, &job->route, job->until, err) == 0)
		return 0;
	if (direct)
		return -1;
	log_step("warning, no lease for %s: %s", job->route.alias, err->text);
	return lease_give_up(&job->route, err);
}

/* Connect for the sake of the host key. */
static int connect_server(struct job *job, struct error *err)
{
	struct deadline until = job->until;
	struct dial *dial;
	int fd = -1;

	if (job->route.gateway != NULL)
		return channel_open(job->route.gateway, job->target, SSH_PORT, until, err);
	if (job->as != NULL)
		until = deadline_within(until, SIBLING_MS); /* a role has other servers */
	dial = dial_start(job->route.address, SSH_PORT, err);
	if (dial == NULL)
		return -1;
	fd = dial_wait(dial, until);
	if (fd == -1)
		error_set(err, ERROR_UNAVAILABLE, "%s (%s) does not answer on port %d%s",
		          job->route.alias, job->route.address, SSH_PORT,
		          dial_refused(dial) ? ": nothing listens there" : "");
	dial_free(dial);
	return fd;
}

static void peer_names(const struct job *job, struct hosttrust_peer *peer)
{
	char *own = hosttrust_name(job->target);

	strvec_push(&peer->names, own);
	strvec_push(&peer->names, job->route.alias);
	free(own);
	if (job->as != NULL) {
		char *role = hosttrust_name(job->as);

		strvec_push(&peer->names, role);
		free(role);
	}
}

static int learn_host_key(struct job *job, const struct hosttrust_peer *peer,
                          struct error *err)
{
	struct strvec types = STRVEC_INIT;
	struct strbuf blob = STRBUF_INIT;
	int fd = connect_server(job, err);
	int rc = -1;

	if (fd == -1)
		return -1;
	hosttrust_types(peer, &types);
	if (bastion_host_key(fd, &types, &blob, job->until, err) == -1)
		error_prefix(err, "%s", job->route.alias);
	else
		rc = hosttrust_accept(peer, (const unsigned char *)blob.data, blob.len, err);
	(void)close(fd);
	strvec_release(&types);
	strbuf_release(&blob);
	return rc;
}

static int ensure_host_key(struct job *job, struct error *err)
{
	struct hosttrust_peer peer = {
		.names = STRVEC_INIT,
		/* A private address means another machine in every other network. */
		.address = job->route.gateway == NULL ? job->route.address : NULL,
		.called = job->route.alias,
	};
	struct strvec own = STRVEC_INIT;
	int rc = 0;

	peer_names(job, &peer);
	strvec_push(&own, peer.names.items[0]);
	if (hosttrust_has(&own))
		rc = hosttrust_add_names(&peer.names, err);
	else
		rc = learn_host_key(job, &peer, err);
	strvec_release(&own);
	strvec_release(&peer.names);
	return rc;
}

/* ---- the whole ---- */

static int open_server(struct job *job, struct error *err)
{
	if (job->refresh && job->route.lease_made < job->started && refresh_route(job, err) == -1)
		return -1;
	if (ensure_key(job, err) == -1 || ensure_lease(job, err) == -1)
		return -1;
	return ensure_host_key(job, err);
}

/* One at a time for a server; whoever waited shares a failure of the one before. */
static int open_locked(struct job *job, struct error *err)
{
	int64_t began_ms = failure_now_ms();
	int lock = routefile_lock(job->target, job->until, err);
	int rc = -1;

	if (lock == -1)
		return -1;
	if (failure_shared(job->target, began_ms, err))
		goto out;
	rc = routefile_read(job->target, &job->route, err) == 1 ? 0 : -1;
	if (rc == 0)
		rc = open_server(job, err);
	if (rc == -1)
		failure_note(job->target, err);
out:
	lock_release(lock);
	return rc;
}

static int open_target(struct job *job, struct error *err)
{
	int rc = routefile_read(job->target, &job->route, err);

	if (rc == 0) {
		if (find_target(job, err) == -1)
			return -1;
		rc = routefile_read(job->target, &job->route, err);
	}
	if (rc != 1)
		return -1;
	if (routefile_is_role(&job->route))
		return 0; /* its servers are opened one by one */
	routefile_release(&job->route);
	return open_locked(job, err);
}

int command_open(int argc, char *argv[], struct config *config, struct error *err)
{
	static const char how[] = "cxssh open [--refresh] [--within=MS] [--as=ROLE] TARGET";
	static const struct option options[] = {
		{ "refresh", no_argument, NULL, 'r' },
		{ "within", required_argument, NULL, 'w' },
		{ "as", required_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	struct job job = { .config = config, .started = lease_now() };
	int64_t within = DEFAULT_MS;
	int opt;
	int rc;

	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (opt) {
		case 'r': job.refresh = true; break;
		case 'a': job.as = optarg; break;
		case 'w':
			if (parse_int(optarg, 1, 600000, &within, err) == -1)
				return -1;
			break;
		default: return command_usage(err, how);
		}
	}
	if (argc - optind != 1)
		return command_usage(err, how);
	job.target = argv[optind];
	job.until = deadline_in(within);
	log_start("cxssh-open", job.target, config->log_size);
	rc = open_target(&job, err);
	log_step("%s", rc == 0 ? "ready" : err->text);
	routefile_release(&job.route);
	api_free(job.api);
	return rc;
}
