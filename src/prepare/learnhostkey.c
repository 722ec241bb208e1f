/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/libssh2hostkey.h"
#include "bastion/sshdump.h"
#include "broker/client.h"
#include "cloud66/api.h"
#include "connect/helper.h"
#include "hostkey/keyscan.h"
#include "hostkey/keytypes.h"
#include "hostkey/knownhosts.h"
#include "hostkey/verify.h"
#include "net/dial.h"
#include "prepare/state.h"
#include "route/routelease.h"
#include "runtime/log.h"

enum {
	SIBLING_MS = 1500, /* a role has other servers */
	DOUBT_MS = 1000,   /* no answer for so long: the lease may be lost */
	PAUSE_MS = 100,    /* before another try where it had too many callers; doubled */
	PAUSE_MAX_MS = 1600,
	ASK_SSH_MS = 2000, /* "ssh -G" takes 10 ms, unless a "Match exec" takes longer */
};

/* ---- dialing ---- */

struct dialing {
	struct prepare *opening;
	struct dial *dial;
	struct deadline
		doubt; /* silence until then: is the lease that we believe in gone? */
	struct deadline end;
};

/* Nobody knocks before the API has taken the order: then it is the lease that a
 * connection proves. */
static int await_order(struct prepare *o, struct error *err)
{
	while (o->lease != NULL && api_lease_state(o->lease) == API_LEASE_ASKED)
		api_turn(o->api, o->until, NULL, 0, deadline_left(o->until));
	if (o->lease != NULL && api_lease_state(o->lease) == API_LEASE_FAILED)
		return prepare_await_lease(o, err);
	return 0;
}

/* How long silence is borne when the door should be open. */
static struct deadline patience(const struct prepare *o)
{
	return o->as != NULL ? deadline_within(o->until, SIBLING_MS) : o->until;
}

static int begin(struct dialing *k, struct error *err)
{
	struct prepare *o = k->opening;

	if (await_order(o, err) == -1)
		return -1;
	dial_free(k->dial);
	k->dial = dial_start(o->route.address, SSH_PORT, patience(o), err);
	k->doubt = deadline_in(DOUBT_MS);
	k->end = o->lease == NULL ? patience(o) : o->until;
	return k->dial == NULL ? error_prefix(err, "%s", o->route.alias) : 0;
}

/* Is silence a reason to look again?  Only once, and only where we did not ask. */
static bool has_doubt(const struct dialing *k)
{
	const struct prepare *o = k->opening;

	return o->lease == NULL && !o->refresh && o->route.lease_made < o->started &&
	       !dial_refused(k->dial);
}

/* The lease may be lost, or the server has moved. */
static int look_again(struct dialing *k, struct error *err)
{
	struct prepare *o = k->opening;

	log_step("no answer: asking where %s is, and for a lease", o->route.alias);
	o->refresh = true;
	if (prepare_refresh(o, err) == -1 || prepare_request_lease(o, err) == -1)
		return -1;
	return begin(k, err);
}

/* What silence has come to: 0 goes on, -1 is the end. */
static int consider(struct dialing *k, struct error *err)
{
	struct prepare *o = k->opening;

	if (o->lease != NULL && api_lease_state(o->lease) >= API_LEASE_DONE) {
		k->end = patience(o);
		return prepare_await_lease(o, err);
	}
	if (has_doubt(k) && deadline_passed(k->doubt))
		return look_again(k, err);
	if (deadline_passed(k->end))
		return dial_unanswered(k->dial, o->route.alias, o->route.address,
		                       SSH_PORT, err);
	return 0;
}

static int sooner(int a, int b)
{
	return a < b ? a : b;
}

static void sleep_dialing(const struct dialing *k)
{
	const struct prepare *o = k->opening;
	struct pollfd pfds[DIAL_FDS];
	int wait;
	size_t n = dial_poll(k->dial, pfds, DIAL_FDS, &wait);

	wait = sooner(wait, deadline_left(k->end));
	if (has_doubt(k))
		wait = sooner(wait, deadline_left(k->doubt));
	if (o->lease != NULL)
		api_turn(o->api, o->until, pfds, n, wait);
	else
		(void)poll(pfds, (nfds_t)n, wait);
}

/* Knock until the server answers.  May learn of a new address. */
static int dial_target(struct prepare *o, struct error *err)
{
	struct dialing k = { .opening = o };
	int fd = -1;

	if (begin(&k, err) == 0) {
		while ((fd = dial_step(k.dial)) == -1 && consider(&k, err) == 0)
			sleep_dialing(&k);
	}
	dial_free(k.dial);
	return fd;
}

/* Perhaps the lease that is being made is what was missing. */
static int through_gateway(struct prepare *o, struct error *err)
{
	int fd = broker_open_channel(o->route.gateway, o->target, SSH_PORT, -1, o->until,
	                             err);

	if (fd == -1 && err->code == ERROR_UNAVAILABLE && o->lease != NULL &&
	    prepare_await_lease(o, err) == 0)
		fd = broker_open_channel(o->route.gateway, o->target, SSH_PORT, -1,
		                         o->until, err);
	return fd;
}

/* ---- the key ---- */

void learn_host_key_names(const struct prepare *o, struct strvec *names)
{
	char *own = hostkey_alias(o->target);

	strvec_push(names, own);
	/* One that looks like the name of another server would vouch for him. */
	if (hostkey_kind(o->route.alias, strlen(o->route.alias)) == HOSTKEY_OTHER)
		strvec_push(names, o->route.alias);
	free(own);
	if (o->as != NULL) {
		char *role = hostkey_alias(o->as);

		strvec_push(names, role);
		free(role);
	}
}

/* Is the key of one of these types, if there are any? */
static bool is_of(const struct strvec *types, const struct strbuf *blob)
{
	char type[64];

	return types->count == 0 || (kh_key_type((const unsigned char *)blob->data,
	                                         blob->len, type, sizeof(type)) &&
	                             strvec_has(types, type));
}

/*
 * What libssh2 does not have, or what the server is to be known by and libssh2 cannot
 * ask for: by ssh-keyscan.  A key that we have already makes room only for one of types.
 */
static bool scan_key(const struct prepare *o, const struct strvec *types,
                     struct strbuf *blob)
{
	struct error ignored = ERROR_INIT;
	struct strbuf other = STRBUF_INIT;
	bool better = keyscan(o->route.address, SSH_PORT, types, &other, o->until,
	                      &ignored) == 0 &&
	              (blob->len == 0 || is_of(types, &other));

	if (better) {
		log_step("host key of %s: asked for by ssh-keyscan", o->route.alias);
		strbuf_clear(blob);
		strbuf_add(blob, other.data, other.len);
	}
	strbuf_release(&other);
	return better;
}

/* Connect and shake hands, once. */
static int ask_key(struct prepare *o, const struct strvec *types, struct strbuf *blob,
                   struct error *err)
{
	int fd = o->route.gateway != NULL ? through_gateway(o, err) : dial_target(o, err);
	int rc;

	if (fd == -1)
		return -1;
	log_step("connected to %s, to learn its host key", o->route.alias);
	/* Whoever waits may come to the door, too: it costs him nothing any more. */
	if (o->tell) {
		(void)puts(HELPER_ANSWERS);
		(void)fflush(stdout);
	}
	rc = libssh2hostkey_learn(fd, types, blob, o->until, err);
	(void)close(fd);
	/* After any other failure ssh-keyscan, which wants no proof, might show a forged
	 * key. */
	if (o->route.gateway == NULL &&
	    (rc == LIBSSH2HOSTKEY_UNABLE || (rc == 0 && !is_of(types, blob))) &&
	    scan_key(o, types, blob)) {
		err->code = ERROR_NONE;
		rc = 0;
	}
	return rc == 0 ? 0 : error_prefix(err, "%s", o->route.alias);
}

/*
 * A server with too many callers who are not logged in (MaxStartups) hangs up at
 * random, so it is tried again.
 */
static int ask_key_patiently(struct prepare *o, const struct strvec *types,
                             struct strbuf *blob, struct error *err)
{
	for (int64_t pause = PAUSE_MS;; pause *= 2) {
		int rc = ask_key(o, types, blob, err);

		if (rc == 0 || err->code != ERROR_RETRY || deadline_passed(o->until))
			return rc;
		log_step("%s", err->text);
		deadline_sleep(o->until, pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
		if (deadline_passed(o->until))
			return -1; /* another try could only say that there was no time */
	}
}

/* Whose key it is; borrows from the route. */
static void describe(const struct prepare *o, struct hostkey_peer *peer)
{
	strvec_release(&peer->names);
	learn_host_key_names(o, &peer->names);
	peer->called = o->route.alias;
	peer->until = o->until;
	/* A private address means another machine in every other network. */
	peer->address = o->route.gateway == NULL ? o->route.address : NULL;
}

/* The types that the user's own configuration lets ssh ask for; none when ssh does not
 * say so in time. */
static void allowed_types(const struct prepare *o, struct strvec *types)
{
	struct error ignored = ERROR_INIT;
	struct strbuf output = STRBUF_INIT;
	char *algorithms = NULL;

	if (sshdump_users(o->route.alias, deadline_within(o->until, ASK_SSH_MS), &output,
	                  &ignored) == 0)
		algorithms = sshdump_value(output.data, "hostkeyalgorithms");
	if (algorithms != NULL)
		keytypes_of_algorithms(algorithms, types);
	free(algorithms);
	strbuf_release(&output);
}

/*
 * Which types to ask for.  Where nothing is known of the server: what its roles are
 * known by, and else what ssh will ask for; by no other would it know the server again.
 */
static void choose_types(const struct prepare *o, const struct hostkey_peer *peer,
                         struct strvec *types)
{
	struct strvec allowed = STRVEC_INIT;
	struct strvec of_role = STRVEC_INIT;

	hostkey_types(peer, types);
	if (types->count > 0)
		return;
	allowed_types(o, &allowed);
	hostkey_role_types(peer, &of_role);
	for (size_t i = 0; i < of_role.count; i++) {
		if (allowed.count == 0 || strvec_has(&allowed, of_role.items[i]))
			strvec_push(types, of_role.items[i]);
	}
	if (types->count == 0) {
		*types = allowed;
		allowed = (struct strvec)STRVEC_INIT;
	}
	strvec_release(&allowed);
	strvec_release(&of_role);
}

int learn_host_key(struct prepare *o, struct error *err)
{
	struct hostkey_peer peer = { .names = STRVEC_INIT };
	struct strvec types = STRVEC_INIT;
	struct strbuf blob = STRBUF_INIT;
	int rc = o->route.gateway == NULL ? await_order(o, err) : 0;

	/* What ssh has to say is asked while the firewall is being opened. */
	describe(o, &peer);
	if (rc == 0) {
		choose_types(o, &peer, &types);
		rc = ask_key_patiently(o, &types, &blob, err);
	}
	if (rc == 0) {
		describe(o, &peer); /* the route may be a new one by now */
		rc = hostkey_verify_or_learn(&peer, (const unsigned char *)blob.data,
		                             blob.len, err);
	}
	strvec_release(&peer.names);
	strvec_release(&types);
	strbuf_release(&blob);
	return rc;
}
