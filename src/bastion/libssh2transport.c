/* SPDX-License-Identifier: MIT */
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "bastion/libssh2conn.h"
#include "bastion/libssh2transport.h"
#include "bastion/stream.h"
#include "bastion/transport.h"
#include "keys/authkeys.h"
#include "net/dial.h"
#include "net/netbuf.h"
#include "net/pollset.h"
#include "runtime/log.h"

enum {
	DIAL_MS = 7500,    /* clients time out a little later */
	NAME_MS = 5500,    /* for its name; a silent name server takes 5 s of it */
	REFUSED_MS = 1500, /* after the first "connection refused" */
	RETRY_MS = 200,    /* pause after the bastion turned a login away; doubled */
	RETRY_MAX_MS = 1600,
	LOGIN_MS = 15000,      /* a late login still serves the next clients */
	AGENT_MS = 2000,       /* for ssh-agent to list its keys */
	IDLE_PROBE_MS = 60000, /* not more: libssh2 keeps each answer in memory */
	STUCK_MS = 1000,       /* silence while a channel opens, before a probe */
	STILL_MS = 5000,       /* the same after a probe that was answered */
	PAUSE_MS = 3000,       /* between probes; libssh2 skips one within 2 s */
	ANSWER_MS = 2000,      /* without answer to a probe: unresponsive */
	DEAD_MS = 45000,       /* without answer to a probe: closed */
};

struct libssh2transport {
	struct transport transport; /* first: cast to and from */
	const struct transport_config *config;
	struct authkeys *keys;
	struct dial *dial;        /* NULL when connected, and in a pause */
	struct libssh2conn *conn; /* NULL until connected */
	int64_t retry_ms;         /* the end of the pause */
	int64_t pause_ms;         /* its length */
	struct deadline until;    /* of the login */
	int64_t started_ms;
	int64_t dialled_ms; /* when the dial started */
	int64_t probed_ms;  /* when the last probe was sent */
	bool listing;       /* ssh-agent has not named its keys yet */
	bool ready;
	bool opening;
	bool orphaned;     /* the client of the channel that opens is gone */
	bool draining;     /* see libssh2conn_drain() */
	bool probe_wanted; /* as soon as PAUSE_MS allows */
	char *wanted_host; /* of the channel that opens */
	uint16_t wanted_port;
	int64_t opening_ms;
	struct stream *orphan_stream; /* opened when its client was gone */
};

static int timed_out(struct libssh2transport *t, struct error *err)
{
	if (t->conn != NULL && libssh2conn_waits_for(t->conn) != -1)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "gateway %s: known_hosts cannot be read in time",
		                 t->config->address);
	return error_set(err, ERROR_UNAVAILABLE, "gateway %s %s", t->config->address,
	                 t->conn == NULL ? "does not answer" :
	                                   "takes too long to log in");
}

/* After ERROR_RETRY (MaxStartups): dial again after a pause, while a client may wait. */
static enum transport_result retry_later(struct libssh2transport *t,
                                         const struct error *why)
{
	t->pause_ms = t->pause_ms == 0 ? RETRY_MS : t->pause_ms * 2;
	if (t->pause_ms > RETRY_MAX_MS)
		t->pause_ms = RETRY_MAX_MS;
	t->retry_ms = deadline_now_ms() + t->pause_ms;
	if (why->code != ERROR_RETRY || t->retry_ms >= t->started_ms + DIAL_MS)
		return TRANSPORT_FAILED;
	log_step("%s", why->text);
	libssh2conn_free(t->conn);
	t->conn = NULL;
	return TRANSPORT_PENDING;
}

static struct dial *start_dial(struct libssh2transport *t, struct error *err)
{
	const struct transport_config *config = t->config;
	const char *address =
		config->peer_address != NULL ? config->peer_address : config->address;
	int64_t left = t->started_ms + NAME_MS - deadline_now_ms();
	struct dial *d = dial_start(address, SSH_PORT, deadline_in(left), err);

	t->dialled_ms = deadline_now_ms();
	if (d == NULL)
		error_prefix(err, "gateway %s", config->address);
	return d;
}

/* The next step to a connection. */
static enum transport_result step_dial(struct libssh2transport *t, struct error *err)
{
	bool refused;
	int fd;

	if (t->dial == NULL && deadline_now_ms() < t->retry_ms)
		return TRANSPORT_PENDING;
	if (t->dial == NULL)
		t->dial = start_dial(t, err);
	if (t->dial == NULL)
		return TRANSPORT_FAILED;
	fd = dial_step(t->dial);
	refused = dial_refused(t->dial);
	if (fd == -1 && deadline_now_ms() < (refused ? t->dialled_ms + REFUSED_MS :
	                                               t->started_ms + DIAL_MS))
		return TRANSPORT_PENDING;
	if (fd == -1)
		return refused ? error_set(err, ERROR_UNAVAILABLE,
		                           "gateway %s does not listen on port %d",
		                           t->config->address, SSH_PORT) :
		                 timed_out(t, err);
	dial_free(t->dial);
	t->dial = NULL;
	t->conn = libssh2conn_new(fd,
	                          &(struct libssh2conn_config){
					  .address = t->config->address,
					  .user = t->config->user,
					  .keys = t->keys,
					  .ask_bastionkey = t->config->ask_bastionkey });
	return TRANSPORT_DONE;
}

static struct deadline listed_until(const struct libssh2transport *t)
{
	return (struct deadline){ .at_ms = t->started_ms + AGENT_MS };
}

static enum transport_result libssh2transport_step(struct transport *transport,
                                                   struct error *err)
{
	struct libssh2transport *t = (struct libssh2transport *)transport;
	int rc = authkeys_step(t->keys, listed_until(t), err);

	t->listing = rc == AUTHKEYS_PENDING;
	if (rc == -1)
		return TRANSPORT_FAILED;
	if (authkeys_unfit(t->keys) != NULL) {
		t->transport.unable = UNABLE;
		return error_set(err, ERROR_DENIED, "gateway %s: %s", t->config->address,
		                 authkeys_unfit(t->keys));
	}
	if (t->conn == NULL && (rc = step_dial(t, err)) != TRANSPORT_DONE)
		return rc;
	if (t->listing)
		return TRANSPORT_PENDING;
	(void)netbuf_fill(libssh2conn_netbuf(t->conn));
	rc = libssh2conn_login(t->conn, err);
	(void)netbuf_flush(libssh2conn_netbuf(t->conn));
	if (rc == TRANSPORT_PENDING && deadline_passed(t->until))
		return timed_out(t, err);
	if (rc == TRANSPORT_FAILED) {
		t->transport.unable = libssh2conn_unable(t->conn);
		rc = retry_later(t, err);
	}
	if (rc == TRANSPORT_DONE) {
		t->ready = true;
		log_step("logged in on gateway %s with %s in %d ms", t->config->address,
		         authkeys_display_name(t->keys),
		         (int)(deadline_now_ms() - t->started_ms));
		authkeys_free(t->keys); /* not needed any more: keep no private key */
		t->keys = NULL;
	}
	return rc;
}

/* Has no byte come since the last probe? */
static bool unanswered(const struct libssh2transport *t)
{
	return t->probed_ms > libssh2conn_netbuf(t->conn)->last_read_ms;
}

static int64_t quiet_since(const struct libssh2transport *t)
{
	int64_t heard = libssh2conn_netbuf(t->conn)->last_read_ms;

	return t->opening && heard < t->opening_ms ? t->opening_ms : heard;
}

/* When the next probe is due: sooner while a channel opens. */
static int64_t probe_due(const struct libssh2transport *t)
{
	int64_t since = quiet_since(t);
	int64_t due = since + IDLE_PROBE_MS;

	if (t->opening)
		due = since + (t->probed_ms < t->opening_ms ? STUCK_MS : STILL_MS);
	if (since <= t->probed_ms)
		due = t->probed_ms + IDLE_PROBE_MS; /* the last one is unanswered */
	if (t->probe_wanted)
		due = 0;
	return due > t->probed_ms + PAUSE_MS ? due : t->probed_ms + PAUSE_MS;
}

static void send_probe(struct libssh2transport *t)
{
	if (t->opening)
		libssh2conn_probe(t->conn);
	else
		t->draining = true;
	t->probed_ms = deadline_now_ms();
	t->probe_wanted = false;
}

/* Finish the channel opens of clients that are gone; libssh2 cannot cancel them. */
static void finish_orphaned(struct libssh2transport *t)
{
	struct error ignored = ERROR_INIT;

	if (t->draining && libssh2conn_drain(t->conn) != TRANSPORT_PENDING)
		t->draining = false;
	if (t->opening && t->orphaned &&
	    libssh2conn_open_channel(t->conn, t->wanted_host, t->wanted_port,
	                             &t->orphan_stream, &ignored) != TRANSPORT_PENDING)
		t->opening = false;
	if (t->orphan_stream != NULL && t->orphan_stream->ops->close(t->orphan_stream))
		t->orphan_stream = NULL;
}

static void libssh2transport_poll(struct transport *transport, struct pollset *set,
                                  int *wait_ms)
{
	struct libssh2transport *t = (struct libssh2transport *)transport;

	if (t->conn == NULL) {
		struct pollfd pfds[DIAL_FDS];
		int wait = -1;
		size_t count =
			t->dial != NULL ? dial_poll(t->dial, pfds, DIAL_FDS, &wait) : 0;

		for (size_t i = 0; i < count; i++)
			(void)pollset_add(set, pfds[i].fd, pfds[i].events);
		if (wait >= 0 && wait < *wait_ms)
			*wait_ms = wait;
		if (t->dial == NULL)
			deadline_limit(t->retry_ms, wait_ms);
	} else {
		const struct netbuf *netbuf = libssh2conn_netbuf(t->conn);

		if (t->ready && !t->opening && !t->draining && netbuf->in_len > 0) {
			t->draining = true; /* no channel has read it in this turn */
			finish_orphaned(t);
		}
		(void)pollset_add(set, netbuf->fd, netbuf_events(netbuf));
	}
	if (!t->ready) {
		if (t->conn != NULL)
			(void)pollset_add(set, libssh2conn_waits_for(t->conn), POLLIN);
		(void)pollset_add(set, authkeys_poll_fd(t->keys), POLLIN);
		deadline_limit(t->listing ? listed_until(t).at_ms : t->until.at_ms,
		               wait_ms);
		return;
	}
	deadline_limit(probe_due(t), wait_ms);
	if (unanswered(t)) {
		int64_t late = deadline_now_ms() - t->probed_ms;

		deadline_limit(t->probed_ms + (late < ANSWER_MS ? ANSWER_MS : DEAD_MS),
		               wait_ms);
	}
}

static bool libssh2transport_receive(struct transport *transport)
{
	struct libssh2transport *t = (struct libssh2transport *)transport;
	bool moved = netbuf_fill(libssh2conn_netbuf(t->conn));

	if (deadline_now_ms() >= probe_due(t))
		send_probe(t);
	finish_orphaned(t);
	return moved;
}

static bool libssh2transport_flush(struct transport *transport)
{
	return netbuf_flush(
		libssh2conn_netbuf(((struct libssh2transport *)transport)->conn));
}

static bool libssh2transport_unresponsive(const struct transport *transport)
{
	const struct libssh2transport *t = (const struct libssh2transport *)transport;

	return t->ready && unanswered(t) && deadline_now_ms() - t->probed_ms >= ANSWER_MS;
}

static bool libssh2transport_can_open(const struct transport *transport)
{
	const struct libssh2transport *t = (const struct libssh2transport *)transport;

	return t->ready && !t->opening && !t->draining && t->orphan_stream == NULL &&
	       !libssh2transport_unresponsive(transport);
}

static enum transport_result libssh2transport_open(struct transport *transport,
                                                   struct channel_open *o,
                                                   struct stream **stream,
                                                   struct error *err)
{
	struct libssh2transport *t = (struct libssh2transport *)transport;
	int rc;

	if (o->place == NULL) {
		free(t->wanted_host);
		t->wanted_host = xstrdup(o->host);
		t->wanted_port = o->port;
		t->opening = true;
		t->orphaned = false;
		t->opening_ms = deadline_now_ms();
		o->place = t;
	}
	rc = libssh2conn_open_channel(t->conn, t->wanted_host, t->wanted_port, stream,
	                              err);
	if (rc != TRANSPORT_PENDING) {
		t->opening = false;
		o->place = NULL;
	}
	return rc;
}

/* libssh2 cannot cancel: finish_orphaned() closes the channel when it has opened. */
static void libssh2transport_cancel(struct transport *transport, struct channel_open *o)
{
	struct libssh2transport *t = (struct libssh2transport *)transport;

	if (o->place != NULL)
		t->orphaned = true;
	o->place = NULL;
}

static bool libssh2transport_peer_address(const struct transport *transport,
                                          char out[TRANSPORT_ADDRESS_SIZE])
{
	const struct libssh2transport *t = (const struct libssh2transport *)transport;
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return getpeername(libssh2conn_netbuf(t->conn)->fd, (struct sockaddr *)&peer,
	                   &len) == 0 &&
	       getnameinfo((struct sockaddr *)&peer, len, out, TRANSPORT_ADDRESS_SIZE,
	                   NULL, 0, NI_NUMERICHOST) == 0;
}

static void libssh2transport_probe(struct transport *transport)
{
	struct libssh2transport *t = (struct libssh2transport *)transport;

	/* One that is unanswered serves as well. */
	t->probe_wanted = t->ready && !unanswered(t);
}

static bool libssh2transport_is_closed(const struct transport *transport)
{
	const struct libssh2transport *t = (const struct libssh2transport *)transport;

	if (!t->ready)
		return false; /* step() fails instead */
	return libssh2conn_is_closed(t->conn) ||
	       (unanswered(t) && deadline_now_ms() - t->probed_ms >= DEAD_MS);
}

static void libssh2transport_abandon(struct transport *transport)
{
	struct libssh2transport *t = (struct libssh2transport *)transport;

	if (t->conn != NULL)
		libssh2conn_abandon(t->conn);
}

static void libssh2transport_free(struct transport *transport)
{
	struct libssh2transport *t = (struct libssh2transport *)transport;

	if (t->orphan_stream != NULL) {
		libssh2conn_abandon(t->conn);
		(void)t->orphan_stream->ops->close(t->orphan_stream);
	}
	libssh2conn_free(t->conn);
	dial_free(t->dial);
	authkeys_free(t->keys);
	free(t->wanted_host);
	free(t);
}

struct transport *libssh2transport_start(const struct transport_config *config,
                                         struct error *err)
{
	static const struct transport_ops ops = {
		.step = libssh2transport_step,
		.poll = libssh2transport_poll,
		.receive = libssh2transport_receive,
		.flush = libssh2transport_flush,
		.can_open = libssh2transport_can_open,
		.open = libssh2transport_open,
		.cancel = libssh2transport_cancel,
		.probe = libssh2transport_probe,
		.peer_address = libssh2transport_peer_address,
		.unresponsive = libssh2transport_unresponsive,
		.is_closed = libssh2transport_is_closed,
		.abandon = libssh2transport_abandon,
		.free = libssh2transport_free,
		.name = "libssh2",
	};
	struct libssh2transport *t = xcalloc(1, sizeof(*t));

	t->transport.ops = &ops;
	t->config = config;
	t->started_ms = deadline_now_ms();
	t->until = deadline_in(LOGIN_MS);
	t->keys = authkeys_start(&(struct authkeys_config){ .address = config->address,
	                                                    .key_file = config->key_file,
	                                                    .open_agent =
	                                                            config->open_agent },
	                         err);
	if (t->keys != NULL) {
		t->transport.unattended = authkeys_unattended(t->keys);
		t->dial = start_dial(t, err);
	}
	if (t->dial == NULL) {
		libssh2transport_free(&t->transport);
		return NULL;
	}
	return &t->transport;
}
