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
	STUCK_MS = 1000, /* without an opened channel, before another login is started */
	SHARE_MS = 300,  /* and at least so long a channel may open before others do */
	QUEUE_MS = 8000, /* a request that would wait longer starts another login, too */
	REPLY_MS = 8000, /* the client, which may have started the broker, times out
	                    at 8.8 s */
	PART_MS = 3000,  /* a request waits for a login without bulk */
	LEFT_MS = 3000,  /* a request that left a login waits for a new one */
	TRIES_MAX = 2,   /* logins that a request is tried on */
};

/* A client that waits for a channel. */
struct open_request {
	struct broker_request *request;
	struct channel_open channel;
	char *display_name; /* of the server, in messages */
	char *host;
	struct pool_slot *slot; /* where the channel opens, or NULL: it waits */
	int64_t since_ms;
	int64_t turn_ms; /* when the channel began to open */
	int64_t left_ms; /* when it left a silent or lost login, or 0 */
	int tries;
	bool parting; /* it waits for a login without bulk */
	bool silent;  /* its server did not answer while others waited: it comes last */
	bool overdue; /* it needs a login of its own */
	size_t poll_slot;
};

struct dispatcher {
	struct pool pool;
	char *user;
	struct open_request *requests;
	size_t request_count;
	struct relays relays;
	int64_t served;
	int64_t served_ms; /* when the last channel opened */
	int64_t open_ms;   /* the moving average of the time to open a channel */
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
		.open_agent = config->open_agent,
	};
	d->pool.transport = config->transport;
	d->pool.backend = config->backend;
	return d;
}

static void drop_request(struct dispatcher *d, size_t i)
{
	struct open_request *r = &d->requests[i];

	if (r->slot != NULL)
		r->slot->transport->ops->cancel(r->slot->transport, &r->channel);
	broker_request_free(r->request);
	free(r->display_name);
	free(r->host);
	d->request_count--;
	memmove(r, r + 1, (d->request_count - i) * sizeof(*r));
}

/* Fail all requests. */
static void fail_all(struct dispatcher *d, const struct error *why)
{
	while (d->request_count > 0) {
		broker_request_reply_error(d->requests[0].request, why);
		drop_request(d, 0);
	}
}

/* Channels are opened only to servers whose route file names this gateway. */
static int find_server(const struct dispatcher *d, const char *uid,
                       struct open_request *r, struct error *err)
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
		r->host = xstrdup(route.address);
		r->display_name = xstrdup(route.alias != NULL ? route.alias : uid);
		rc = 0;
	}
	routefile_release(&route);
	return rc;
}

void dispatcher_enqueue(struct dispatcher *d, struct broker_request *request)
{
	struct open_request r = { .request = request, .since_ms = deadline_now_ms() };
	struct error err = ERROR_INIT;

	if (d->pool.failure.code != ERROR_NONE ||
	    find_server(d, broker_request_uid(request), &r, &err) == -1) {
		broker_request_reply_error(request, d->pool.failure.code != ERROR_NONE ?
		                                            &d->pool.failure :
		                                            &err);
		broker_request_free(request);
		return;
	}
	r.channel = (struct channel_open){ .host = r.host,
		                           .port = broker_request_port(request) };
	d->requests = xgrow_array(d->requests, d->request_count, sizeof(*d->requests));
	d->requests[d->request_count++] = r;
}

/* Reply with why no channel opens. */
static void fail_request(struct dispatcher *d, size_t i, struct error *why)
{
	const struct open_request *r = &d->requests[i];

	error_prefix(why, "gateway %s cannot reach %s (%s port %u)",
	             d->pool.config.address, r->display_name, r->host,
	             (unsigned int)r->channel.port);
	broker_request_reply_error(r->request, why);
	drop_request(d, i);
}

/* The slot has ended: end its relays, and let its requests wait for another login, at
 * most TRIES_MAX times. */
static void release_slot(struct dispatcher *d, struct pool_slot *slot)
{
	for (size_t i = 0; i < d->request_count;) {
		struct open_request *r = &d->requests[i];
		struct error lost = ERROR_INIT;

		if (r->slot == slot && r->tries >= TRIES_MAX) {
			error_set(&lost, ERROR_UNAVAILABLE,
			          "the connection to it was lost");
			fail_request(d, i, &lost);
			continue;
		}
		if (r->slot == slot) {
			slot->transport->ops->cancel(slot->transport, &r->channel);
			r->slot = NULL;
			r->left_ms = deadline_now_ms();
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
		fail_all(d, &d->pool.failure);
	return moved;
}

static void note_open_time(struct dispatcher *d, const struct open_request *r)
{
	int64_t now = deadline_now_ms();
	int64_t took = now - r->turn_ms;

	d->open_ms = d->served == 0 ? took : (d->open_ms * 7 + took) / 8;
	d->served_ms = now;
}

/* Give the client one end of a socket pair; the other is relayed to the stream. */
static void connect_request(struct dispatcher *d, struct open_request *r,
                            struct stream *stream)
{
	int ends[2];

	if (fd_socketpair(ends) == -1) {
		struct error err = ERROR_INIT;

		error_set(&err, ERROR_INTERNAL, "too many open files");
		broker_request_reply_error(r->request, &err);
		ends[0] = ends[1] = -1;
	} else {
		broker_request_reply(r->request, "ok", ends[1]);
	}
	fd_close(&ends[1]);
	log_step("channel to %s (%s port %u) in %d ms", r->display_name, r->host,
	         (unsigned int)r->channel.port, (int)(deadline_now_ms() - r->since_ms));
	relays_add(&d->relays, ends[0], stream, r->slot);
	note_open_time(d, r);
	d->served++;
}

/*
 * A login of libssh2 opens one channel at a time, and cannot cancel that.  A bastion
 * needs two minutes to find a server silent: six such servers would take all logins.
 */

/* How long a channel may open before it stands in the way of others: many times as long
 * as one takes. */
static int64_t share_ms(const struct dispatcher *d)
{
	int64_t usual = 10 * d->open_ms;

	if (d->served == 0 || usual > STUCK_MS)
		return STUCK_MS;
	return usual > SHARE_MS ? usual : SHARE_MS;
}

/* Has it a login without relays to itself, for too long? */
static bool holds_login(const struct dispatcher *d, const struct open_request *r)
{
	return d->pool.transport != TRANSPORT_OPENSSH && r->slot != NULL &&
	       r->slot->relays == 0 && deadline_now_ms() - r->turn_ms >= share_ms(d);
}

/* Has it waited for a login long enough to get one that another holds? */
static bool is_overdue(const struct dispatcher *d, const struct open_request *r)
{
	return r->slot == NULL && !r->silent && !r->parting &&
	       deadline_now_ms() - r->since_ms >= share_ms(d);
}

/* The client gives up: the channel would go on to open, on a login of no use meanwhile.
 */
static void leave_silent(struct dispatcher *d, struct open_request *r)
{
	if (!holds_login(d, r) || pool_count(&d->pool, true) < 2)
		return;
	r->slot->transport->ops->cancel(r->slot->transport, &r->channel);
	pool_end(r->slot);
	r->slot = NULL;
}

/* All logins are taken: end the one whose channel has been opening longest, for a request
 * that has had none.  The channel is opened again once no such request waits. */
static bool share_login(struct dispatcher *d)
{
	struct open_request *overdue = NULL;
	struct open_request *oldest = NULL;

	if (pool_count(&d->pool, true) < POOL_SLOTS)
		return false;
	for (size_t i = 0; i < d->request_count; i++) {
		struct open_request *r = &d->requests[i];

		if (overdue == NULL && is_overdue(d, r))
			overdue = r;
		if (holds_login(d, r) && (oldest == NULL || r->turn_ms < oldest->turn_ms))
			oldest = r;
	}
	if (overdue == NULL || oldest == NULL)
		return false;
	overdue->overdue = true;
	oldest->silent = true;
	oldest->tries--;
	leave_silent(d, oldest);
	return true;
}

/* Does a request wait that is to be served before one of a silent server? */
static bool others_wait(const struct dispatcher *d)
{
	for (size_t i = 0; i < d->request_count; i++) {
		if (d->requests[i].slot == NULL && !d->requests[i].silent)
			return true;
	}
	return false;
}

/* The client is about to time out; tell it what it waited for. */
static void time_out(struct dispatcher *d, size_t i)
{
	struct open_request *r = &d->requests[i];
	const char *gateway = d->pool.config.address;
	struct error err = ERROR_INIT;

	if (pool_count(&d->pool, true) == 0)
		error_set(&err, ERROR_UNAVAILABLE, "gateway %s takes too long to log in",
		          gateway);
	else if (r->slot == NULL && !r->silent && !pool_is_unresponsive(&d->pool))
		error_set(&err, ERROR_RETRY,
		          "gateway %s is busy with other connections, try again",
		          gateway);
	else if (r->slot == NULL ?
	                 !r->silent :
	                 r->slot->transport->ops->unresponsive(r->slot->transport))
		error_set(&err, ERROR_UNAVAILABLE, "gateway %s does not answer any more",
		          gateway);
	else
		error_set(&err, ERROR_UNAVAILABLE,
		          "gateway %s cannot reach %s (%s port %u): no answer from the "
		          "server",
		          gateway, r->display_name, r->host,
		          (unsigned int)r->channel.port);
	broker_request_reply_error(r->request, &err);
	leave_silent(d, r);
	drop_request(d, i);
}

static bool is_late(const struct open_request *r)
{
	return deadline_now_ms() - r->since_ms >= REPLY_MS;
}

/*
 * A session beside a copy gets a login of its own, when that is there soon: the channels
 * of one login share a TCP connection, and would wait behind what fills its buffers.
 */
static bool waits_to_part(const struct dispatcher *d, const struct open_request *r,
                          const struct pool_slot *slot)
{
	return slot->bulk && pool_may_part(&d->pool) &&
	       deadline_now_ms() - r->since_ms < PART_MS;
}

/*
 * Where one login has fallen silent, the older ones have, too, as a rule: the network has
 * changed.  A request that has left one waits a while for a new login.
 */
static struct pool_slot *find_slot(struct dispatcher *d, const struct open_request *r)
{
	bool waits = r->left_ms != 0 && pool_may_part(&d->pool) &&
	             deadline_now_ms() - r->left_ms < LEFT_MS;

	return pool_find_slot(&d->pool, waits ? r->since_ms : 0);
}

/* The next step of a request; true when it is off the list. */
static bool try_request(struct dispatcher *d, size_t i)
{
	struct open_request *r = &d->requests[i];
	const struct transport_ops *ops;
	struct error err = ERROR_INIT;
	struct stream *stream;
	int rc;

	if (r->slot == NULL) {
		struct pool_slot *slot;

		if (r->silent && others_wait(d))
			return false;
		slot = find_slot(d, r);

		if (slot == NULL || waits_to_part(d, r, slot)) {
			r->parting = slot != NULL;
			return false;
		}
		r->slot = slot;
		r->overdue = false;
		r->tries++;
		r->turn_ms = deadline_now_ms();
	}
	ops = r->slot->transport->ops;
	rc = ops->open(r->slot->transport, &r->channel, &stream, &err);
	if (rc == TRANSPORT_PENDING && r->tries < TRIES_MAX &&
	    ops->unresponsive(r->slot->transport)) {
		ops->cancel(r->slot->transport, &r->channel);
		r->slot = NULL;
		r->left_ms = deadline_now_ms();
	}
	if (rc == TRANSPORT_PENDING)
		return false;
	if (rc == TRANSPORT_DONE)
		connect_request(d, r, stream);
	else if (r->tries >= TRIES_MAX || !ops->is_closed(r->slot->transport))
		rc = TRANSPORT_FAILED;
	else
		rc = TRANSPORT_PENDING; /* on another login */
	r->slot = NULL;                 /* nothing is left to cancel */
	if (rc == TRANSPORT_DONE)
		drop_request(d, i);
	else if (rc == TRANSPORT_FAILED)
		fail_request(d, i, &err);
	return rc != TRANSPORT_PENDING;
}

/* When a request that waits counts as stuck: no channel has opened for so long. */
static int64_t stuck_ms(const struct dispatcher *d, const struct open_request *r)
{
	int64_t since = r->since_ms > d->served_ms ? r->since_ms : d->served_ms;

	return since + STUCK_MS;
}

/* Start another login?  A login opens one channel at a time (libssh2), a round trip each:
 * another one is for requests whose turn would come too late, or that are stuck. */
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
		const struct open_request *r = &d->requests[i];

		if (r->slot != NULL)
			continue;
		before++;
		if (r->parting || r->overdue || r->silent || r->tries > 0 ||
		    now >= stuck_ms(d, r) ||
		    now - r->since_ms + before * d->open_ms / ready >= QUEUE_MS)
			return true;
	}
	return false;
}

static bool step_requests(struct dispatcher *d, const struct pollset *set)
{
	bool moved = false;

	if (d->request_count > 0)
		relays_find_bulk(&d->relays, d->pool.slots);
	for (size_t i = 0; i < d->request_count;) {
		bool readable = pollset_got(set, d->requests[i].poll_slot) != 0;

		if (readable &&
		    broker_request_read(d->requests[i].request) == BROKER_REQUEST_GONE) {
			leave_silent(d, &d->requests[i]);
			drop_request(d, i);
		} else if (try_request(d, i)) {
			moved = true;
		} else if (is_late(&d->requests[i])) {
			time_out(d, i);
		} else {
			i++;
		}
	}
	if (share_login(d))
		moved = true;
	if (needs_transport(d)) {
		pool_start(&d->pool);
		moved = true;
	}
	return moved;
}

/* When there is something to do for a request though nothing comes. */
static int64_t due_ms(const struct dispatcher *d, const struct open_request *r,
                      int64_t now)
{
	int64_t stuck = stuck_ms(d, r);
	int64_t part = r->since_ms + PART_MS;
	int64_t left = r->left_ms + LEFT_MS;
	int64_t due = r->since_ms + REPLY_MS;
	int64_t share = (r->slot == NULL ? r->since_ms : r->turn_ms) + share_ms(d);

	if (pool_count(&d->pool, true) == POOL_SLOTS && share > now && share < due)
		due = share;
	if (r->slot == NULL && stuck > now && stuck < due)
		due = stuck;
	if (r->slot == NULL && r->parting && part > now && part < due)
		due = part;
	if (r->slot == NULL && r->left_ms != 0 && left > now && left < due)
		due = left;
	return due;
}

void dispatcher_poll(struct dispatcher *d, struct pollset *set, int *wait_ms)
{
	int64_t now = deadline_now_ms();

	for (size_t i = 0; i < d->request_count; i++) {
		struct open_request *r = &d->requests[i];
		int64_t left = due_ms(d, r, now) - now;

		r->poll_slot = pollset_add(set, broker_request_fd(r->request), POLLIN);
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
	/* What waited for room toward the bastion is written in the next turn. */
	return pool_flush(&d->pool) || moved;
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
