/*
 * open - make a target ready for a connection: its route, the key, the lease, the
 * host key.  Started by cxssh-proxy; its last line on stderr is what ssh's user
 * sees.
 */

#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "access/hosttrust.h"
#include "access/identity.h"
#include "access/lease.h"
#include "access/network.h"
#include "base/config.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "command/failure.h"
#include "command/survey.h"
#include "command/target.h"
#include "command/writeout.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "fleet/routefile.h"
#include "route/banner.h"
#include "route/bastion.h"
#include "route/channel.h"
#include "route/dial.h"

enum {
	DEFAULT_MS = 60000,
	LAST_WORDS_MS = 300, /* before --within: whoever waits shall hear what failed */
	SIBLING_MS = 1500,   /* a role has other servers */
	DOUBT_MS = 1000,     /* no answer for so long: the lease may be lost */
	BANNER_MS = 5000,    /* for the server's first word */
	PAUSE_MS = 100, /* before another try where it had too many callers; doubled */
	PAUSE_MAX_MS = 1600,
	SSH_PORT = 22,
};

struct job {
	const struct config *config;
	const char *target;
	const char *as;  /* a role on whose behalf, or NULL */
	bool refresh;    /* the server did not answer although the lease seemed valid */
	int64_t started; /* seconds since the epoch */
	struct deadline until;
	struct api *api; /* opened when first needed */
	struct route route;
};

static int need_api(struct job *job, struct error *err)
{
	if (job->api == NULL)
		job->api = survey_api(job->config, job->until, err);
	return job->api == NULL ? -1 : 0;
}

/* Ask the API again where the server is. */
static int refresh_route(struct job *job, struct error *err)
{
	if (need_api(job, err) == -1 ||
	    target_refresh(job->api, job->config, &job->route, job->until, err) == -1)
		return -1;
	routefile_release(&job->route);
	return routefile_read(job->target, &job->route, err) == 1 ? 0 : -1;
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
	rc = identity_fetch(job->api, job->route.stack_uid, job->target,
	                    job->route.identity, false, job->until, err);
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

/* The lease may be lost, or the server has moved. */
static int look_again(struct job *job, struct dial **dial, struct error *err)
{
	log_step("no answer: asking where %s is, and for a lease", job->route.alias);
	job->refresh = true;
	dial_free(*dial);
	*dial = NULL;
	if (refresh_route(job, err) == -1 || ensure_lease(job, err) == -1)
		return -1;
	*dial = dial_start(job->route.address, SSH_PORT, err);
	return *dial == NULL ? -1 : 0;
}

static struct deadline patience(const struct job *job)
{
	return job->as != NULL ? deadline_within(job->until, SIBLING_MS) : job->until;
}

/* Connect for the sake of the host key; may learn of a new address. */
static int connect_server(struct job *job, struct error *err)
{
	struct deadline until = patience(job);
	struct dial *dial;
	int fd = -1;

	if (job->route.gateway != NULL)
		return channel_open(job->route.gateway, job->target, SSH_PORT, job->until,
		                    err);
	dial = dial_start(job->route.address, SSH_PORT, err);
	if (dial == NULL)
		return -1;
	fd = dial_wait(dial, deadline_within(until, DOUBT_MS));
	if (fd == -1 && job->route.lease_made < job->started && !dial_refused(dial)) {
		if (look_again(job, &dial, err) == -1)
			goto out;
		until = patience(job);
	}
	if (fd == -1)
		fd = dial_wait(dial, until);
	if (fd == -1)
		error_set(err, ERROR_UNAVAILABLE, "%s (%s) does not answer on port %d%s",
		          job->route.alias, job->route.address, SSH_PORT,
		          dial_refused(dial) ? ": nothing listens there" : "");
out:
	dial_free(dial);
	return fd;
}

/*
 * The connection of a server that speaks.  One with too many callers who are not
 * logged in (MaxStartups) hangs up at random, so it is tried again.
 */
static int connect_patiently(struct job *job, struct error *err)
{
	for (int64_t pause = PAUSE_MS;; pause *= 2) {
		int fd = connect_server(job, err);

		if (fd == -1 ||
		    banner_await(fd, -1, deadline_within(job->until, BANNER_MS)) !=
		            BANNER_BUSY)
			return fd;
		(void)close(fd);
		log_step("%s has too many callers", job->route.alias);
		deadline_sleep(job->until, pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
		if (deadline_passed(job->until))
			return error_set(err, ERROR_RETRY,
			                 "%s has too many callers who are not logged in "
			                 "yet",
			                 job->route.alias);
	}
}

static void trusted_names(const struct job *job, struct strvec *names)
{
	char *own = hosttrust_name(job->target);

	strvec_push(names, own);
	strvec_push(names, job->route.alias);
	free(own);
	if (job->as != NULL) {
		char *role = hosttrust_name(job->as);

		strvec_push(names, role);
		free(role);
	}
}

static int learn_host_key(struct job *job, struct error *err)
{
	struct hosttrust_peer peer = { .names = STRVEC_INIT };
	struct strvec types = STRVEC_INIT;
	struct strbuf blob = STRBUF_INIT;
	int fd = connect_patiently(job, err);
	int rc = -1;

	if (fd == -1)
		return -1;
	trusted_names(job, &peer.names);
	peer.called = job->route.alias;
	/* A private address means another machine in every other network. */
	peer.address = job->route.gateway == NULL ? job->route.address : NULL;
	hosttrust_types(&peer, &types);
	if (bastion_host_key(fd, &types, &blob, job->until, err) == -1)
		error_prefix(err, "%s", job->route.alias);
	else
		rc = hosttrust_accept(&peer, (const unsigned char *)blob.data, blob.len,
		                      err);
	(void)close(fd);
	strvec_release(&peer.names);
	strvec_release(&types);
	strbuf_release(&blob);
	return rc;
}

static int ensure_host_key(struct job *job, struct error *err)
{
	struct strvec names = STRVEC_INIT;
	struct strvec own = STRVEC_INIT;
	int rc;

	trusted_names(job, &names);
	strvec_push(&own, names.items[0]);
	rc = hosttrust_has(&own) ? hosttrust_add_names(&names, err) :
	                           learn_host_key(job, err);
	strvec_release(&own);
	strvec_release(&names);
	return rc;
}

/* ---- the whole ---- */

static int open_server(struct job *job, struct error *err)
{
	if (job->refresh && job->route.lease_made < job->started &&
	    refresh_route(job, err) == -1)
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
		if (target_find(job->config, job->target, job->started, job->until,
		                err) == -1)
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
	static const char how[] =
		"cxssh open [--refresh] [--within=MS] [--as=ROLE] TARGET";
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

	opterr = 0; /* our own words, in one line */
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
	job.until =
		deadline_in(within > 2 * LAST_WORDS_MS ? within - LAST_WORDS_MS : within);
	log_start("cxssh-open", job.target, config->log_size);
	rc = open_target(&job, err);
	log_step("%s", rc == 0 ? "ready" : err->text);
	routefile_release(&job.route);
	api_free(job.api);
	return rc;
}
