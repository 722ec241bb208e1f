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
#include "net/pollset.h"
#include "runtime/log.h"

enum {
	DIAL_MS = 8000,    /* the clients give up a little later */
	NAME_MS = 6000,    /* ... and have begun by looking the name up themselves */
	REFUSED_MS = 1500, /* knocking on where nobody listens */
	AGAIN_MS = 200,    /* before another try where there are too many; doubled */
	AGAIN_MAX_MS = 1600,
	LOGIN_MS = 15000,      /* if it comes late, the next clients profit */
	AGENT_MS = 2000,       /* to list the keys */
	IDLE_PROBE_MS = 60000, /* a probe's answer stays in libssh2's memory for good */
	STUCK_MS = 1000,       /* an opening without any byte from the bastion */
	STILL_MS = 5000,       /* ... that came after a probe */
	PAUSE_MS = 3000,       /* no two probes within; libssh2 would leave it out */
	ANSWER_MS = 2000,      /* to answer a probe, before it counts as silent */
	DEAD_MS = 45000,       /* ... as dead */
};

struct libssh2transport {
	struct transport transport; /* first: a lane is a login */
	const struct transport_config *config;
	struct authkeys *keys;
	struct dial *dial;           /* NULL when connected, and in a pause */
	struct libssh2conn *bastion; /* NULL while dialling */
	int64_t again_ms;            /* the end of the pause */
	int64_t pause_ms;            /* and how long it was */
	struct deadline until;       /* of the login */
	int64_t started_ms;
	int64_t probed_ms; /* the last probe's time */
	bool ready;
	bool unable;
	bool opening;
	bool orphaned; /* the channel that is being opened is for nobody */
	bool draining; /* see libssh2conn_drain() */
	bool doubted;  /* a probe is wanted as soon as there may be one */
	struct channel_open wanted;
	char *wanted_host;
	int64_t opening_ms;
	struct stream *orphan_stream; /* a channel that came too late */
};

static int too_late(struct libssh2transport *l, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "gateway %s %s", l->config->address,
	                 l->bastion == NULL ? "does not answer" :
	                                      "takes too long to log in");
}

/*
 * The bastion has too many callers who are not logged in (MaxStartups), and hangs up
 * at random: try again in a moment, as long as somebody may be waiting.
 */
static int retry_later(struct libssh2transport *l, const struct error *why)
{
	l->pause_ms = l->pause_ms == 0 ? AGAIN_MS : l->pause_ms * 2;
	if (l->pause_ms > AGAIN_MAX_MS)
		l->pause_ms = AGAIN_MAX_MS;
	l->again_ms = deadline_now_ms() + l->pause_ms;
	if (why->code != ERROR_RETRY || l->again_ms >= l->started_ms + DIAL_MS)
		return -1;
	log_step("%s", why->text);
	libssh2conn_free(l->bastion);
	l->bastion = NULL;
	return 0;
}

static struct dial *start_dial(const struct libssh2transport *l, struct error *err)
{
	const struct transport_config *config = l->config;
	const char *address =
		config->peer_address != NULL ? config->peer_address : config->address;
	int64_t left = l->started_ms + NAME_MS - deadline_now_ms();
	struct dial *d = dial_start(address, SSH_PORT, deadline_in(left), err);

	if (d == NULL)
		error_prefix(err, "gateway %s", config->address);
	return d;
}

/* Is there a connection by now?  1, 0, -1. */
static int dial_on(struct libssh2transport *l, struct error *err)
{
	bool refused;
	int fd;

	if (l->dial == NULL && deadline_now_ms() < l->again_ms)
		return 0;
	if (l->dial == NULL)
		l->dial = start_dial(l, err);
	if (l->dial == NULL)
		return -1;
	fd = dial_step(l->dial);
	refused = dial_refused(l->dial);
	if (fd == -1 &&
	    deadline_now_ms() < l->started_ms + (refused ? REFUSED_MS : DIAL_MS))
		return 0;
	if (fd == -1)
		return refused ? error_set(err, ERROR_UNAVAILABLE,
		                           "gateway %s does not listen on port %d",
		                           l->config->address, SSH_PORT) :
		                 too_late(l, err);
	dial_free(l->dial);
	l->dial = NULL;
	l->bastion = libssh2conn_new(fd, &(struct libssh2conn_config){
						 .address = l->config->address,
						 .user = l->config->user,
						 .keys = l->keys,
						 .send_buffer = l->config->send_buffer });
	return 1;
}

static int libssh2transport_step(struct transport *transport, struct error *err)
{
	struct libssh2transport *l = (struct libssh2transport *)transport;
	int rc;

	if (authkeys_unfit(l->keys) != NULL) {
		l->unable = true;
		return error_set(err, ERROR_DENIED, "gateway %s: %s", l->config->address,
		                 authkeys_unfit(l->keys));
	}
	if (l->bastion == NULL && (rc = dial_on(l, err)) != 1)
		return rc;
	(void)libssh2conn_fill(l->bastion);
	rc = libssh2conn_login(l->bastion, l->until, err);
	(void)libssh2conn_flush(l->bastion);
	if (rc == 0 && deadline_passed(l->until))
		return too_late(l, err);
	if (rc == -1) {
		l->unable = libssh2conn_unable(l->bastion);
		rc = retry_later(l, err);
	}
	if (rc == 1) {
		l->ready = true;
		log_step("logged in on gateway %s with %s in %d ms", l->config->address,
		         authkeys_display_name(l->keys),
		         (int)(deadline_now_ms() - l->started_ms));
		authkeys_free(l->keys); /* hours of connection need no private key */
		l->keys = NULL;
	}
	return rc;
}

static bool libssh2transport_unable(const struct transport *transport)
{
	return ((const struct libssh2transport *)transport)->unable;
}

static void wait_until(int64_t at_ms, int *wait_ms)
{
	int left = deadline_left((struct deadline){ .at_ms = at_ms });

	if (left < *wait_ms)
		*wait_ms = left;
}

/* Was a probe sent that nothing has followed? */
static bool unanswered(const struct libssh2transport *l)
{
	return l->probed_ms > libssh2conn_last_read_ms(l->bastion);
}

static int64_t silent_since(const struct libssh2transport *l)
{
	int64_t heard = libssh2conn_last_read_ms(l->bastion);

	return l->opening && heard < l->opening_ms ? l->opening_ms : heard;
}

/* When a probe is due: sooner while somebody waits for a channel. */
static int64_t probe_due(const struct libssh2transport *l)
{
	int64_t since = silent_since(l);
	int64_t due = since + IDLE_PROBE_MS;

	if (l->opening)
		due = since + (l->probed_ms < l->opening_ms ? STUCK_MS : STILL_MS);
	if (since <= l->probed_ms)
		due = l->probed_ms + IDLE_PROBE_MS; /* the last one still stands */
	if (l->doubted)
		due = 0;
	return due > l->probed_ms + PAUSE_MS ? due : l->probed_ms + PAUSE_MS;
}

static void probe(struct libssh2transport *l)
{
	if (l->opening)
		libssh2conn_probe(l->bastion);
	else
		l->draining = true;
	l->probed_ms = deadline_now_ms();
	l->doubted = false;
}

/* Go on with channels that nobody waits for, only to be done with them. */
static void finish_orphaned(struct libssh2transport *l)
{
	struct error ignored = ERROR_INIT;

	if (l->draining && libssh2conn_drain(l->bastion) != 0)
		l->draining = false;
	if (l->opening && l->orphaned &&
	    libssh2conn_open_channel(l->bastion, l->wanted.host, l->wanted.port,
	                             &l->orphan_stream, &ignored) != 0)
		l->opening = false;
	if (l->orphan_stream != NULL && l->orphan_stream->ops->close(l->orphan_stream))
		l->orphan_stream = NULL;
}

static void libssh2transport_poll(struct transport *transport, struct pollset *set,
                                  int *wait_ms)
{
	struct libssh2transport *l = (struct libssh2transport *)transport;

	if (l->bastion == NULL) {
		struct pollfd pfds[DIAL_FDS];
		int wait = -1;
		size_t count =
			l->dial != NULL ? dial_poll(l->dial, pfds, DIAL_FDS, &wait) : 0;

		for (size_t i = 0; i < count; i++)
			(void)pollset_add(set, pfds[i].fd, pfds[i].events);
		if (wait >= 0 && wait < *wait_ms)
			*wait_ms = wait;
		if (l->dial == NULL)
			wait_until(l->again_ms, wait_ms);
	} else {
		if (l->ready && !l->opening && !l->draining &&
		    libssh2conn_has_input(l->bastion)) {
			l->draining = true; /* nobody has looked at it in this turn */
			finish_orphaned(l);
		}
		(void)pollset_add(set, libssh2conn_fd(l->bastion),
		                  libssh2conn_events(l->bastion));
	}
	if (!l->ready) {
		/* The end of the first limit is looked at often enough by dialling. */
		wait_until(l->until.at_ms, wait_ms);
		return;
	}
	wait_until(probe_due(l), wait_ms);
	if (unanswered(l)) {
		int64_t late = deadline_now_ms() - l->probed_ms;

		wait_until(l->probed_ms + (late < ANSWER_MS ? ANSWER_MS : DEAD_MS),
		           wait_ms);
	}
}

static bool libssh2transport_receive(struct transport *transport)
{
	struct libssh2transport *l = (struct libssh2transport *)transport;
	bool moved = libssh2conn_fill(l->bastion);

	if (deadline_now_ms() >= probe_due(l))
		probe(l);
	finish_orphaned(l);
	return moved;
}

static bool libssh2transport_flush(struct transport *transport)
{
	return libssh2conn_flush(((struct libssh2transport *)transport)->bastion);
}

static bool libssh2transport_unresponsive(const struct transport *transport)
{
	const struct libssh2transport *l = (const struct libssh2transport *)transport;

	return l->ready && unanswered(l) && deadline_now_ms() - l->probed_ms >= ANSWER_MS;
}

static bool libssh2transport_can_open(const struct transport *transport)
{
	const struct libssh2transport *l = (const struct libssh2transport *)transport;

	return l->ready && !l->opening && !l->draining && l->orphan_stream == NULL &&
	       !libssh2transport_unresponsive(transport);
}

static int libssh2transport_open(struct transport *transport, struct channel_open *o,
                                 struct stream **stream, struct error *err)
{
	struct libssh2transport *l = (struct libssh2transport *)transport;
	int rc;

	if (o->place == NULL) {
		free(l->wanted_host);
		l->wanted_host = xstrdup(o->host);
		l->wanted =
			(struct channel_open){ .host = l->wanted_host, .port = o->port };
		l->opening = true;
		l->orphaned = false;
		l->opening_ms = deadline_now_ms();
		o->place = l;
	}
	rc = libssh2conn_open_channel(l->bastion, l->wanted.host, l->wanted.port, stream,
	                              err);
	if (rc != 0) {
		l->opening = false;
		o->place = NULL;
	}
	return rc;
}

/* libssh2 cannot take back what it asked for. */
static void libssh2transport_cancel(struct transport *transport, struct channel_open *o)
{
	struct libssh2transport *l = (struct libssh2transport *)transport;

	if (o->place != NULL)
		l->orphaned = true;
	o->place = NULL;
}

static bool libssh2transport_peer_address(const struct transport *transport,
                                          char out[TRANSPORT_ADDRESS_SIZE])
{
	const struct libssh2transport *l = (const struct libssh2transport *)transport;
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return getpeername(libssh2conn_fd(l->bastion), (struct sockaddr *)&peer, &len) ==
	               0 &&
	       getnameinfo((struct sockaddr *)&peer, len, out, TRANSPORT_ADDRESS_SIZE,
	                   NULL, 0, NI_NUMERICHOST) == 0;
}

static void libssh2transport_probe(struct transport *transport)
{
	struct libssh2transport *l = (struct libssh2transport *)transport;

	/* While one is unanswered, that is the answer. */
	l->doubted = l->ready && !unanswered(l);
}

static bool libssh2transport_is_closed(const struct transport *transport)
{
	const struct libssh2transport *l = (const struct libssh2transport *)transport;

	if (!l->ready)
		return false; /* step() says so */
	return libssh2conn_is_closed(l->bastion) ||
	       (unanswered(l) && deadline_now_ms() - l->probed_ms >= DEAD_MS);
}

static void libssh2transport_abandon(struct transport *transport)
{
	struct libssh2transport *l = (struct libssh2transport *)transport;

	if (l->bastion != NULL)
		libssh2conn_abandon(l->bastion);
}

static void libssh2transport_free(struct transport *transport)
{
	struct libssh2transport *l = (struct libssh2transport *)transport;

	if (l->bastion != NULL && l->orphan_stream != NULL) {
		libssh2conn_abandon(l->bastion);
		(void)l->orphan_stream->ops->close(l->orphan_stream);
	}
	libssh2conn_free(l->bastion);
	dial_free(l->dial);
	authkeys_free(l->keys);
	free(l->wanted_host);
	free(l);
}

struct transport *libssh2transport_start(const struct transport_config *config,
                                         struct error *err)
{
	static const struct transport_ops ops = {
		.step = libssh2transport_step,
		.unable = libssh2transport_unable,
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
	struct libssh2transport *l = xcalloc(1, sizeof(*l));

	l->transport.ops = &ops;
	l->config = config;
	l->started_ms = deadline_now_ms();
	l->until = deadline_in(LOGIN_MS);
	l->keys = authkeys_load(&(struct authkeys_config){ .address = config->address,
	                                                   .key_file = config->key_file },
	                        deadline_in(AGENT_MS), err);
	if (l->keys != NULL)
		l->dial = start_dial(l, err);
	if (l->dial == NULL) {
		libssh2transport_free(&l->transport);
		return NULL;
	}
	return &l->transport;
}
