/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/libssh2hostkey.h"
#include "bastion/opensshhostkey.h"
#include "bastion/sshdump.h"
#include "cloud66/api.h"
#include "connect/apn.h"
#include "connect/helper.h"
#include "connect/race.h"
#include "hostkey/fingerprint.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/keytypes.h"
#include "hostkey/knownhosts.h"
#include "hostkey/verify.h"
#include "net/banner.h"
#include "prepare/learnhostkey.h"
#include "prepare/state.h"
#include "runtime/log.h"

enum {
	PAUSE_MS =
		100, /* before another try at a server with too many clients; doubled */
	PAUSE_MAX_MS = 1600,
	BANNER_MS = 5000,
	ASK_SSH_MS = 2000, /* "ssh -G" takes 10 ms, unless a "Match exec" takes longer */
};

/* ---- the lease as the work beside the connection ---- */

static enum race_work lease_work(void *cookie)
{
	struct prepare *o = cookie;

	if (o->lease == NULL)
		return RACE_IDLE;
	prepare_watch_lease(o);
	switch (api_lease_state(o->lease)) {
	case API_LEASE_DONE: return RACE_READY;
	case API_LEASE_FAILED: return RACE_FAILED;
	default: return RACE_WORKING;
	}
}

static int on_lease_end(void *cookie, struct error *err)
{
	return prepare_await_lease(cookie, err);
}

/* Not before the API has taken the request: then a connection proves the lease. */
static bool is_ordered(void *cookie)
{
	const struct prepare *o = cookie;

	return o->lease == NULL || api_lease_state(o->lease) != API_LEASE_ASKED;
}

static int on_unfinished_lease(void *cookie, struct error *err)
{
	const struct prepare *o = cookie;

	if (o->lease != NULL && api_lease_state(o->lease) == API_LEASE_ORDERED)
		return race_still_opening(o->route.alias, err);
	return race_took_too_long(o->route.alias, err);
}

static bool always(void *cookie)
{
	(void)cookie;
	return true;
}

/* The lease may be lost, or the server has moved. */
static int refresh(void *cookie, struct error *err)
{
	struct prepare *o = cookie;

	log_step("no answer: asking where %s is, and for a lease", o->route.alias);
	o->refresh = true;
	return prepare_refresh(o, err) == -1 ? -1 : prepare_request_lease(o, err);
}

/* The bastion does not reach the server. */
static int locate(void *cookie, struct error *err)
{
	struct prepare *o = cookie;

	log_step("no answer: asking where %s is", o->route.alias);
	return prepare_refresh(o, err);
}

static void sleep_with_lease(void *cookie, struct pollfd *pfds, size_t n, int wait_ms)
{
	struct prepare *o = cookie;

	if (o->lease != NULL)
		api_turn(o->api, o->until, pfds, n, wait_ms);
	else
		(void)poll(pfds, (nfds_t)n, wait_ms);
}

/* By the private network; where that is not there, a lease is needed after all. */
static int connect_by_apn(struct prepare *o, struct error *err)
{
	int fd = apn_connect(&o->route, SSH_PORT, o->until);

	o->by_apn = fd != -1;
	if (fd == -1 && prepare_request_lease(o, err) == -1)
		return -1;
	return fd;
}

static int connect_to_server(struct prepare *o, struct error *err)
{
	bool bastion = o->route.gateway != NULL;
	const struct race_ops ops = {
		.work = lease_work,
		.ended = on_lease_end,
		.may_dial = is_ordered,
		.may_win = always,
		.unfinished = on_unfinished_lease,
		.refresh = refresh,
		.locate = bastion ? locate : NULL,
		.sleep = sleep_with_lease,
	};
	const struct race_args args = {
		.route = &o->route,
		.port = SSH_PORT,
		.caller = -1,
		.until = &o->until,
		.has_sibling = o->as != NULL && strchr(o->as, '.') != NULL,
		.may_refresh = !o->refresh &&
		               (bastion || (o->lease == NULL &&
		                            o->route.lease_made < o->started_ms / 1000)),
		.ops = &ops,
		.cookie = o,
	};

	if (o->by_apn) {
		int fd = connect_by_apn(o, err);

		if (fd != -1 || err->code != ERROR_NONE)
			return fd;
	}
	return race_run(&args, err);
}

/* ---- the key ---- */

/* Push an alias, but not one that looks like another server's HostKeyAlias: it would
 * vouch for that one. */
static void push_alias(const char *alias, struct strvec *names)
{
	if (alias != NULL && hostkey_kind(alias, strlen(alias)) == HOSTKEY_OTHER)
		strvec_push_once(names, alias);
}

/* The names that ssh asks by on behalf of what led to the server: a role, a uid that it
 * had before, or an alias without a block; and the role's alias, for clients that know no
 * HostKeyAlias. */
static void push_names_of(const char *as, struct strvec *names)
{
	struct error ignored = ERROR_INIT;
	struct route route;
	bool read = routefile_read(as, &route, &ignored) == 1;
	char *name = hostkey_alias(as);

	if (!read || strcmp(as, route.alias) != 0)
		strvec_push_once(names, name);
	free(name);
	if (!read)
		return;
	push_alias(route.alias, names);
	push_alias(route.second_alias, names);
	routefile_release(&route);
}

void learn_host_key_names(const struct prepare *o, struct strvec *names)
{
	char *own = hostkey_alias(o->target);

	strvec_push(names, own);
	push_alias(o->route.alias, names);
	push_alias(o->route.second_alias, names);
	free(own);
	if (o->as != NULL)
		push_names_of(o->as, names);
}

/* Is the key of one of these types?  True of an empty list. */
static bool is_of(const struct strvec *types, const struct strbuf *blob)
{
	char type[64];

	return types->count == 0 || (kh_key_type((const unsigned char *)blob->data,
	                                         blob->len, type, sizeof(type)) &&
	                             strvec_has(types, type));
}

/*
 * Ask ssh, over another connection, for a type that libssh2 does not have or cannot ask
 * for.  A key that libssh2 learnt is replaced only by one of types.
 */
static bool ask_ssh(struct prepare *o, const struct strvec *types, struct strbuf *blob)
{
	struct error why = ERROR_INIT;
	struct strbuf other = STRBUF_INIT;
	int fd = connect_to_server(o, &why);
	bool better = fd != -1 &&
	              opensshhostkey_learn(fd, o->route.user, types, &other, o->until,
	                                   &why) == 0 &&
	              (blob->len == 0 || is_of(types, &other));

	log_step("host key of %s: %s", o->route.alias,
	         better                 ? "learnt by ssh" :
	         why.code != ERROR_NONE ? why.text :
	                                  "ssh is shown another type");
	if (better) {
		strbuf_clear(blob);
		strbuf_add(blob, other.data, other.len);
	}
	fd_close(&fd);
	strbuf_release(&other);
	return better;
}

/* Exchange keys over the connection fd, as far as the server's host key. */
static int ask_key(struct prepare *o, int fd, const struct strvec *types,
                   struct strbuf *blob, struct error *err)
{
	int rc = libssh2hostkey_learn(fd, types, blob, o->until, err);

	if ((rc == LIBSSH2HOSTKEY_UNABLE || (rc == 0 && !is_of(types, blob))) &&
	    ask_ssh(o, types, blob)) {
		err->code = ERROR_NONE;
		rc = 0;
	}
	return rc == 0 ? 0 : error_prefix(err, "%s", o->route.alias);
}

/* Connect and ask, once; *seen: whether another try may help. */
static int connect_and_ask(struct prepare *o, const struct strvec *types,
                           struct strbuf *blob, enum banner *seen, struct error *err)
{
	int fd = connect_to_server(o, err);
	int rc;

	*seen = BANNER_HERE;
	if (fd == -1)
		return -1;
	log_step("connected to %s, to learn its host key", o->route.alias);
	prepare_tell(o, HELPER_ANSWERS, "");
	*seen = banner_await(fd, -1, deadline_within(o->until, BANNER_MS));
	if (*seen == BANNER_HERE || *seen == BANNER_LATE)
		rc = ask_key(o, fd, types, blob, err);
	else
		rc = banner_refusal(*seen, o->route.alias, o->route.address, err);
	(void)close(fd);
	return rc;
}

/* A server with too many clients that are not logged in (MaxStartups) closes connections
 * at random, so it is tried again. */
static int ask_key_patiently(struct prepare *o, const struct strvec *types,
                             struct strbuf *blob, struct error *err)
{
	struct error before = ERROR_INIT;
	enum banner seen;

	for (int64_t pause = PAUSE_MS;; pause *= 2) {
		int rc = connect_and_ask(o, types, blob, &seen, err);

		/* What an earlier try failed with says more than that time is up. */
		if (rc == -1 && before.code != ERROR_NONE && deadline_passed(o->until))
			*err = before;
		if (rc == 0 || (err->code != ERROR_RETRY && seen != BANNER_HUNG))
			return rc;
		before = *err;
		log_step("%s", err->text);
		deadline_sleep(o->until, pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
		if (deadline_passed(o->until))
			return rc;
	}
}

/* The server that the key is of; borrows from the route. */
static void describe(const struct prepare *o, struct hostkey_peer *peer)
{
	strvec_release(&peer->names);
	learn_host_key_names(o, &peer->names);
	peer->called = o->route.alias;
	peer->until = o->until;
	/* A private address means another machine in every other network. */
	peer->address = o->route.gateway == NULL ? o->route.address : NULL;
}

/* The types that the user's configuration lets ssh ask for; none when ssh -G takes too
 * long. */
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
 * Which types to ask for: those that the server is known by; else those that its roles
 * are known by; else those that ssh will ask for.
 */
static void choose_types(const struct prepare *o, const struct hostkey_peer *peer,
                         struct strvec *types)
{
	struct strvec allowed = STRVEC_INIT;
	struct strvec of_role = STRVEC_INIT;
	bool known;

	hostkey_types(peer, types, &of_role);
	known = types->count > 0;
	if (!known)
		allowed_types(o, &allowed);
	for (size_t i = 0; i < of_role.count && !known; i++) {
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

/* Until the API has taken the request for a lease. */
static int await_order(struct prepare *o, struct error *err)
{
	while (!is_ordered(o) && !deadline_passed(o->until))
		api_turn(o->api, o->until, NULL, 0, deadline_left(o->until));
	return o->lease != NULL && api_lease_state(o->lease) == API_LEASE_FAILED ?
	               prepare_await_lease(o, err) :
	               0;
}

static bool is_expected(const struct prepare *o, const struct strbuf *blob)
{
	char shown[FINGERPRINT_SIZE];

	return strcmp(fingerprint_of_blob(blob, shown), o->expected) == 0;
}

/* Ask for a key of each type, until one has the fingerprint that the user gave. */
static int ask_expected(struct prepare *o, struct strbuf *blob, struct error *err)
{
	static const char *const asked[] = { "ssh-ed25519", "ecdsa-sha2-nistp256",
		                             "ssh-rsa" };
	struct error why = ERROR_INIT;
	bool answered = false;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct strvec types = STRVEC_INIT;
		int rc;

		strvec_push(&types, asked[i]);
		strbuf_clear(blob);
		why = (struct error)ERROR_INIT;
		rc = ask_key_patiently(o, &types, blob, &why);
		strvec_release(&types);
		if (rc == 0 && is_expected(o, blob))
			return 0;
		answered = answered || rc == 0;
	}
	if (answered)
		return error_set(err, ERROR_TRUST, "%s shows no host key with %s",
		                 o->route.alias, o->expected);
	*err = why;
	return -1;
}

int learn_host_key(struct prepare *o, struct error *err)
{
	struct hostkey_peer peer = { .names = STRVEC_INIT };
	struct strvec types = STRVEC_INIT;
	struct strbuf blob = STRBUF_INIT;
	int rc = o->route.gateway == NULL ? await_order(o, err) : 0;

	/* ssh -G runs while the firewall is being opened. */
	describe(o, &peer);
	if (rc == 0 && o->expected != NULL) {
		rc = ask_expected(o, &blob, err);
	} else if (rc == 0) {
		choose_types(o, &peer, &types);
		rc = ask_key_patiently(o, &types, &blob, err);
	}
	if (rc == 0) {
		describe(o, &peer); /* the route may have changed */
		rc = hostkey_verify_or_learn(&peer, (const unsigned char *)blob.data,
		                             blob.len, err);
	}
	strvec_release(&peer.names);
	strvec_release(&types);
	strbuf_release(&blob);
	return rc;
}
