/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "bastion/stream.h"
#include "bastion/transport.h"
#include "broker/brokerrequest.h"
#include "broker/dispatcher.h"
#include "broker/pool.h"
#include "broker/relays.h"
#include "net/pollset.h"
#include "route/routefile.h"
#include "runtime/log.h"

enum {
	PATIENCE_MS = 1000, /* without any channel, before another login is made */
	QUEUE_MS = 8000, /* a caller who would wait longer for his turn gets one, too */
	WAIT_MS = 8500,  /* ... before he is told that it will not be; then he leaves */
	TRIES_MAX = 2,
};

/* Somebody who waits for a channel. */
struct open_request {
	struct broker_request *request;
	struct channel_open channel;
	char *called; /* the server, in messages */
	char *host;
	struct pool_slot *slot; /* that is opening it, or NULL */
	int64_t since_ms;
	int64_t begun_ms; /* when his turn came */
	int tries;
	size_t poll_slot;
};

struct dispatcher {
	struct pool pool;
	char *user;
	struct open_request *requests;
	size_t request_count;
	struct relays relays;
	int64_t served;
	int64_t served_ms; /* when the last one was */
	int64_t pace_ms;   /* what opening a channel took lately; 0: not known */
};

struct dispatcher *dispatcher_new(const struct dispatcher_config *config)
{
	struct dispatcher *d = xcalloc(1, sizeof(*d));
	struct gateway gateway = { .user = "" };

	(void)gateway_split(config->gateway, &gateway); /* its command line was checked */
	d->user = xstrdup(gateway.user);
	d->pool.config = (struct transport_config){
		.gateway = config->gateway,
		.address = gateway_address(config->gateway),
		.user = d->user,
		.key_file = config->key_file,
		.send_buffer = config->send_buffer,
	};
	d->pool.transport = config->transport;
	return d;
}

static void drop_request(struct dispatcher *d, size_t i)
{
	struct open_request *c = &d->requests[i];

	if (c->slot != NULL)
		c->slot->transport->ops->cancel(c->slot->transport, &c->channel);
	broker_request_free(c->request);
	free(c->called);
	free(c->host);
	d->request_count--;
	memmove(c, c + 1, (d->request_count - i) * sizeof(*c));
}

void dispatcher_fail_all(struct dispatcher *d, const struct error *why)
{
	while (d->request_count > 0) {
		broker_request_reply_error(d->requests[0].request, why);
		drop_request(d, 0);
	}
}

/* A channel leads only to where a route file says that this gateway leads. */
static int find_server(const struct dispatcher *d, const char *uid,
                       struct open_request *open_request, struct error *err)
{
	struct route route;
	int rc = routefile_read(uid, &route, err);

	if (rc == -1)
		return -1;
	if (rc == 0)
		return error_set(err, ERROR_NO_HOST, "there is no route to %s", uid);
	if (route.address == NULL || route.gateway == NULL ||
	    strcmp(route.gateway, d->pool.config.gateway) != 0) {
		rc = error_set(err, ERROR_NO_HOST, "%s is not behind gateway %s", uid,
		               d->pool.config.address);
	} else {
		open_request->host = xstrdup(route.address);
		open_request->called = xstrdup(route.alias != NULL ? route.alias : uid);
		rc = 0;
	}
	routefile_release(&route);
	return rc;
}

void dispatcher_enqueue(struct dispatcher *d, struct broker_request *request)
{
	struct open_request open_request = { .request = request,
		                             .since_ms = deadline_now_ms() };
	struct error err = ERROR_INIT;

	if (d->pool.failure.code != ERROR_NONE ||
	    find_server(d, broker_request_uid(request), &open_request, &err) == -1) {
		broker_request_reply_error(request, d->pool.failure.code != ERROR_NONE ?
		                                            &d->pool.failure :
		                                            &err);
		broker_request_free(request);
		return;
	}
	open_request.channel =
		(struct channel_open){ .host = open_request.host,
		                       .port = broker_request_port(request) };
	d->requests =
		xrealloc_array(d->requests, d->request_count + 1, sizeof(*d->requests));
	d->requests[d->request_count++] = open_request;
}

/* There will be no channel for this open_request, and why. */
static void fail_request(struct dispatcher *d, size_t i, struct error *why)
{
	const struct open_request *c = &d->requests[i];

	error_prefix(why, "gateway %s cannot reach %s (%s port %u)",
	             d->pool.config.address, c->called, c->host,
	             (unsigned int)c->channel.port);
	broker_request_reply_error(c->request, why);
	drop_request(d, i);
}

/*
 * The slot has ended: its relays are over, and its requests wait again, unless that has
 * happened to them before: a bastion that drops whoever has logged in is not asked for
 * ever.
 */
static void release_slot(struct dispatcher *d, struct pool_slot *slot)
{
	for (size_t i = 0; i < d->request_count;) {
		struct open_request *c = &d->requests[i];
		struct error lost = ERROR_INIT;

		if (c->slot == slot && c->tries >= TRIES_MAX) {
			error_set(&lost, ERROR_UNAVAILABLE,
			          "the connection to it was lost");
			fail_request(d, i, &lost);
			continue;
		}
		if (c->slot == slot) {
			slot->transport->ops->cancel(slot->transport, &c->channel);
			c->slot = NULL;
		}
		i++;
	}
	relays_end(&d->relays, slot);
	pool_remove(&d->pool, slot);
}

static bool step_transports(struct dispatcher *d)
{
	bool moved = false;

	pool_step(&d->pool);
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		if (d->pool.slots[i].ended) {
			release_slot(d, &d->pool.slots[i]);
			moved = true;
		}
	}
	if (d->pool.failure.code != ERROR_NONE)
		dispatcher_fail_all(d, &d->pool.failure);
	return moved;
}

static void note_pace(struct dispatcher *d, const struct open_request *open_request)
{
	int64_t now = deadline_now_ms();
	int64_t took = now - open_request->begun_ms;

	d->pace_ms = d->served == 0 ? took : (d->pace_ms * 7 + took) / 8;
	d->served_ms = now;
}

/* Give the caller one end of a socket pair, and keep the other. */
static void connect_request(struct dispatcher *d, struct open_request *open_request,
                            struct stream *stream)
{
	int ends[2];

	if (fd_socketpair(ends) == -1) {
		struct error err = ERROR_INIT;

		error_set(&err, ERROR_INTERNAL, "too many open files");
		broker_request_reply_error(open_request->request, &err);
		ends[0] = ends[1] = -1;
	} else {
		broker_request_reply(open_request->request, "ok", ends[1]);
	}
	fd_close(&ends[1]);
	log_step("channel to %s (%s port %u) in %d ms", open_request->called,
	         open_request->host, (unsigned int)open_request->channel.port,
	         (int)(deadline_now_ms() - open_request->since_ms));
	relays_add(&d->relays, ends[0], stream, open_request->slot);
	note_pace(d, open_request);
	d->served++;
}

/* He would leave in a moment, without knowing whom he has waited for. */
static void time_out(struct dispatcher *d, size_t i)
{
	const struct open_request *c = &d->requests[i];
	const char *gateway = d->pool.config.address;
	struct error err = ERROR_INIT;

	if (pool_count(&d->pool, true) == 0)
		error_set(&err, ERROR_UNAVAILABLE, "gateway %s takes too long to log in",
		          gateway);
	else if (c->slot == NULL && !pool_is_unresponsive(&d->pool))
		error_set(&err, ERROR_RETRY,
		          "gateway %s is busy with other connections, try again",
		          gateway);
	else if (c->slot == NULL ||
	         c->slot->transport->ops->unresponsive(c->slot->transport))
		error_set(&err, ERROR_UNAVAILABLE, "gateway %s does not answer any more",
		          gateway);
	else
		error_set(&err, ERROR_UNAVAILABLE,
		          "gateway %s cannot reach %s (%s port %u): no answer from there",
		          gateway, c->called, c->host, (unsigned int)c->channel.port);
	broker_request_reply_error(c->request, &err);
	drop_request(d, i);
}

static bool is_late(const struct open_request *open_request)
{
	return deadline_now_ms() - open_request->since_ms >= WAIT_MS;
}

/* Go on with a open_request; true when it is off the list. */
static bool try_request(struct dispatcher *d, size_t i)
{
	struct open_request *c = &d->requests[i];
	struct error err = ERROR_INIT;
	struct stream *stream;
	int rc;

	if (c->slot == NULL) {
		c->slot = pool_find_slot(&d->pool);
		if (c->slot == NULL)
			return false;
		c->tries++;
		c->begun_ms = deadline_now_ms();
	}
	rc = c->slot->transport->ops->open(c->slot->transport, &c->channel, &stream,
	                                   &err);
	if (rc == 0 && c->slot->transport->ops->unresponsive(c->slot->transport) &&
	    c->tries < TRIES_MAX) {
		c->slot->transport->ops->cancel(c->slot->transport, &c->channel);
		c->slot = NULL;
	}
	if (rc == 0)
		return false;
	if (rc == -1 && c->slot->transport->ops->is_closed(c->slot->transport) &&
	    c->tries < TRIES_MAX) {
		c->slot = NULL;
		return false;
	}
	if (rc == 1)
		connect_request(d, c, stream);
	c->slot = NULL; /* there is nothing left to cancel */
	if (rc == 1)
		drop_request(d, i);
	else
		fail_request(d, i, &err);
	return true;
}

/* Has no channel come for so long, although somebody waits? */
static int64_t stuck_ms(const struct dispatcher *d,
                        const struct open_request *open_request)
{
	int64_t since = open_request->since_ms > d->served_ms ? open_request->since_ms :
	                                                        d->served_ms;

	return since + PATIENCE_MS;
}

/*
 * Is it time for another login?  One opens a channel at a time (libssh2), a round trip
 * each, so a crowd waits its turn; more logins are for turns that would come too late,
 * and for when nothing goes on.
 */
static bool needs_transport(const struct dispatcher *d)
{
	int64_t now = deadline_now_ms();
	int64_t ready = (int64_t)pool_count(&d->pool, true);
	int64_t before = 0;

	if (d->pool.failure.code != ERROR_NONE || d->request_count == 0 ||
	    pool_count(&d->pool, false) > 0)
		return false;
	if (ready == 0)
		return true;
	if (!pool_may_grow(&d->pool))
		return false;
	for (size_t i = 0; i < d->request_count; i++) {
		const struct open_request *c = &d->requests[i];

		if (c->slot != NULL)
			continue;
		before++;
		if (c->tries > 0 || now >= stuck_ms(d, c) ||
		    now - c->since_ms + before * d->pace_ms / ready >= QUEUE_MS)
			return true;
	}
	return false;
}

static bool step_requests(struct dispatcher *d, const struct pollset *set)
{
	bool moved = false;

	for (size_t i = 0; i < d->request_count;) {
		bool asked = pollset_got(set, d->requests[i].poll_slot) != 0;

		if (asked &&
		    broker_request_read(d->requests[i].request) == BROKER_REQUEST_GONE)
			drop_request(d, i);
		else if (try_request(d, i))
			moved = true;
		else if (is_late(&d->requests[i]))
			time_out(d, i);
		else
			i++;
	}
	if (needs_transport(d)) {
		pool_start(&d->pool);
		moved = true;
	}
	return moved;
}

void dispatcher_poll(struct dispatcher *d, struct pollset *set, int *wait_ms)
{
	int64_t now = deadline_now_ms();

	for (size_t i = 0; i < d->request_count; i++) {
		struct open_request *c = &d->requests[i];
		int64_t late = c->since_ms + WAIT_MS;
		int64_t stuck = stuck_ms(d, c);
		int64_t left =
			(c->slot == NULL && stuck > now && stuck < late ? stuck : late) -
			now;

		c->poll_slot = pollset_add(set, broker_request_fd(c->request), POLLIN);
		if (left < *wait_ms)
			*wait_ms = left > 0 ? (int)left : 0;
	}
	pool_poll(&d->pool, set, wait_ms);
	relays_poll(&d->relays, set, wait_ms);
}

bool dispatcher_step(struct dispatcher *d, const struct pollset *set)
{
	bool moved = step_transports(d);

	moved = step_requests(d, set) || moved;
	moved = relays_move(&d->relays, d->pool.slots, set) || moved;
	/* What was sent is waited for with poll(); only what could be read is "more". */
	(void)pool_flush(&d->pool);
	return moved;
}

void dispatcher_preconnect(struct dispatcher *d)
{
	pool_start(&d->pool);
}

void dispatcher_probe(struct dispatcher *d)
{
	pool_probe(&d->pool);
}

const struct error *dispatcher_failure(const struct dispatcher *d)
{
	return d->pool.failure.code != ERROR_NONE ? &d->pool.failure : NULL;
}

bool dispatcher_is_over(const struct dispatcher *d)
{
	return d->request_count == 0 && pool_count(&d->pool, true) == 0 &&
	       pool_count(&d->pool, false) == 0;
}

size_t dispatcher_relays(const struct dispatcher *d)
{
	return relays_active(&d->relays);
}

size_t dispatcher_waiting(const struct dispatcher *d)
{
	return d->request_count;
}

int64_t dispatcher_served(const struct dispatcher *d)
{
	return d->served;
}

const char *dispatcher_transport(const struct dispatcher *d)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct pool_slot *s = &d->pool.slots[i];

		if (s->transport != NULL && s->ready)
			return s->transport->ops->name;
	}
	return "connecting";
}

void dispatcher_free(struct dispatcher *d)
{
	while (d->request_count > 0)
		drop_request(d, 0);
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		struct pool_slot *s = &d->pool.slots[i];

		if (s->transport == NULL)
			continue;
		s->transport->ops->abandon(s->transport);
		release_slot(d, s);
	}
	free(d->requests);
	relays_release(&d->relays);
	free(d->user);
	free(d);
}
