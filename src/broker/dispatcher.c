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
#include "broker/openqueue.h"
#include "broker/pool.h"
#include "broker/relays.h"
#include "net/pollset.h"
#include "route/routefile.h"
#include "runtime/log.h"

enum { TRIES_MAX = 2 /* logins that a request is tried on */ };

struct dispatcher {
	struct pool pool;
	char *user;
	struct openqueue queue;
	struct relays relays;
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
		.open_agent = config->open_agent,
		.ask_bastionkey = config->ask_bastionkey,
	};
	d->pool.transport = config->transport;
	d->pool.backend = config->backend;
	return d;
}

static void drop_request(struct dispatcher *d, size_t i)
{
	struct open_request *r = &d->queue.items[i];

	if (r->slot != NULL)
		r->slot->transport->ops->cancel(r->slot->transport, &r->channel);
	openqueue_remove(&d->queue, i);
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
		r->display_name = xstrdup(route.alias);
		rc = 0;
	}
	routefile_release(&route);
	return rc;
}

void dispatcher_enqueue(struct dispatcher *d, struct broker_request *request)
{
	struct open_request r = { .request = request, .since_ms = deadline_now_ms() };
	struct error err = d->pool.failure;

	if (err.code != ERROR_NONE ||
	    find_server(d, broker_request_uid(request), &r, &err) == -1) {
		broker_request_reply_error(request, &err);
		broker_request_free(request);
		return;
	}
	r.channel = (struct channel_open){ .host = r.host,
		                           .port = broker_request_port(request) };
	openqueue_add(&d->queue, &r);
}

/* Reply with why no channel opens. */
static void fail_request(struct dispatcher *d, size_t i, struct error *why)
{
	const struct open_request *r = &d->queue.items[i];

	error_prefix(why, "gateway %s cannot reach %s (%s port %u)",
	             d->pool.config.address, r->display_name, r->host,
	             (unsigned int)r->channel.port);
	broker_request_reply_error(r->request, why);
	drop_request(d, i);
}

/* It waits for another login. */
static void leave_login(struct open_request *r)
{
	r->slot->transport->ops->cancel(r->slot->transport, &r->channel);
	r->slot = NULL;
	r->left_ms = deadline_now_ms();
}

/* The slot has ended: end its relays, and let its requests wait for another login, at
 * most TRIES_MAX times. */
static void release_slot(struct dispatcher *d, struct pool_slot *slot)
{
	for (size_t i = 0; i < d->queue.count;) {
		struct open_request *r = &d->queue.items[i];
		struct error lost = ERROR_INIT;

		if (r->slot == slot && r->tries >= TRIES_MAX) {
			error_set(&lost, ERROR_UNAVAILABLE,
			          "the connection to it was lost");
			fail_request(d, i, &lost);
			continue;
		}
		if (r->slot == slot) {
			leave_login(r);
		}
		i++;
	}
	relays_end(&d->relays, slot);
	pool_remove(slot);
}

static bool step_transports(struct dispatcher *d)
{
	bool moved = false;

	pool_step(&d->pool);
	d->queue.ready_ms = pool_ready_ms(&d->pool);
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		if (d->pool.slots[i].ended) {
			release_slot(d, &d->pool.slots[i]);
			moved = true;
		}
	}
	while (d->pool.failure.code != ERROR_NONE && d->queue.count > 0) {
		broker_request_reply_error(d->queue.items[0].request, &d->pool.failure);
		drop_request(d, 0);
	}
	return moved;
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
	openqueue_note_open(&d->queue, r, deadline_now_ms());
}

/* A login of libssh2 does, and cannot cancel that. */
static bool opens_one_at_a_time(const struct dispatcher *d)
{
	return d->pool.transport != TRANSPORT_OPENSSH;
}

/* The client gives up: the channel would go on to open, on a login of no use meanwhile.
 */
static void leave_silent(struct dispatcher *d, struct open_request *r)
{
	struct pool_slot *slot = openqueue_held_login(&d->queue, r, deadline_now_ms());

	if (slot == NULL || !opens_one_at_a_time(d) || pool_count(&d->pool, true) < 2)
		return;
	slot->transport->ops->cancel(slot->transport, &r->channel);
	pool_end(slot);
	r->slot = NULL;
}

/* All logins are taken: end one for a request that has had none.  The channel that was
 * opening is opened again once no such request waits. */
static bool share_login(struct dispatcher *d)
{
	struct open_request *given_up = NULL;

	if (opens_one_at_a_time(d) && pool_count(&d->pool, true) == POOL_SLOTS)
		given_up = openqueue_give_up(&d->queue, deadline_now_ms());
	if (given_up != NULL)
		leave_silent(d, given_up);
	return given_up != NULL;
}

/* The client is about to time out; tell it what it waited for. */
static void time_out(struct dispatcher *d, size_t i)
{
	struct open_request *r = &d->queue.items[i];
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

/*
 * A session beside a copy gets a login of its own, when that is there soon: the channels
 * of one login share a TCP connection, and would wait behind what fills its buffers.
 */
static bool waits_to_part(const struct dispatcher *d, const struct open_request *r,
                          const struct pool_slot *slot)
{
	return slot->bulk && pool_may_part(&d->pool) &&
	       openqueue_may_part(r, deadline_now_ms());
}

/*
 * Where one login has fallen silent, the older ones have, too, as a rule: the network has
 * changed.  A request that has left one waits a while for a new login.
 */
static struct pool_slot *find_slot(struct dispatcher *d, const struct open_request *r)
{
	bool waits =
		openqueue_waits_for_new(r, deadline_now_ms()) && pool_may_part(&d->pool);

	return pool_find_slot(&d->pool, waits ? r->since_ms : 0);
}

/* Choose the login on which the channel of r is opened; false: it waits for one. */
static bool take_login(struct dispatcher *d, struct open_request *r)
{
	struct pool_slot *slot;

	if (r->silent && openqueue_others_wait(&d->queue))
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
	return true;
}

/* The next step of a request; true when it is off the list. */
static bool try_request(struct dispatcher *d, size_t i)
{
	struct open_request *r = &d->queue.items[i];
	const struct transport_ops *ops;
	struct error err = ERROR_INIT;
	struct stream *stream;
	int rc;

	if (r->slot == NULL && !take_login(d, r))
		return false;
	ops = r->slot->transport->ops;
	rc = ops->open(r->slot->transport, &r->channel, &stream, &err);
	if (rc == TRANSPORT_PENDING) {
		if (r->tries < TRIES_MAX && ops->unresponsive(r->slot->transport))
			leave_login(r);
		return false;
	}
	if (rc == TRANSPORT_DONE)
		connect_request(d, r, stream);
	else if (r->tries < TRIES_MAX && ops->is_closed(r->slot->transport))
		rc = TRANSPORT_PENDING; /* on another login */
	r->slot = NULL;                 /* nothing is left to cancel */
	if (rc == TRANSPORT_DONE)
		drop_request(d, i);
	else if (rc == TRANSPORT_FAILED)
		fail_request(d, i, &err);
	return rc != TRANSPORT_PENDING;
}

/* Start another login?  A login opens one channel at a time (libssh2), a round trip each:
 * another one is for requests whose turn would come too late, or that are stuck.  While
 * one begins, a further one is for a queue that is too long for all of them; not where
 * each asks a user. */
static bool needs_transport(const struct dispatcher *d)
{
	size_t ready = pool_count(&d->pool, true);
	size_t begun = pool_count(&d->pool, false);
	int64_t now = deadline_now_ms();

	if (d->pool.failure.code != ERROR_NONE || d->queue.count == 0)
		return false;
	if (ready == 0)
		return begun == 0;
	if (!pool_may_grow(&d->pool))
		return false;
	if (begun == 0)
		return openqueue_needs_login(&d->queue, ready, now);
	return pool_may_part(&d->pool) &&
	       openqueue_is_long(&d->queue, ready + begun, now);
}

static bool step_requests(struct dispatcher *d, const struct pollset *set)
{
	bool moved = false;

	if (d->queue.count > 0)
		relays_find_bulk(&d->relays, d->pool.slots);
	for (size_t i = 0; i < d->queue.count;) {
		bool readable = pollset_got(set, d->queue.items[i].poll_slot) != 0;

		if (readable && broker_request_read(d->queue.items[i].request) ==
		                        BROKER_REQUEST_GONE) {
			leave_silent(d, &d->queue.items[i]);
			drop_request(d, i);
		} else if (try_request(d, i)) {
			moved = true;
		} else if (openqueue_is_late(&d->queue.items[i], deadline_now_ms())) {
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

void dispatcher_poll(struct dispatcher *d, struct pollset *set, int *wait_ms)
{
	bool is_full = pool_count(&d->pool, true) == POOL_SLOTS;
	int64_t now = deadline_now_ms();

	for (size_t i = 0; i < d->queue.count; i++) {
		struct open_request *r = &d->queue.items[i];

		r->poll_slot = pollset_add(set, broker_request_fd(r->request), POLLIN);
		deadline_limit(openqueue_due_ms(&d->queue, r, is_full, now), wait_ms);
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
	return d->queue.count == 0 && pool_count(&d->pool, true) == 0 &&
	       pool_count(&d->pool, false) == 0;
}

size_t dispatcher_relays(const struct dispatcher *d)
{
	return relays_active(&d->relays);
}

size_t dispatcher_waiting(const struct dispatcher *d)
{
	return d->queue.count;
}

int64_t dispatcher_served(const struct dispatcher *d)
{
	return d->queue.served;
}

const char *dispatcher_transport(const struct dispatcher *d)
{
	return pool_transport_name(&d->pool);
}

void dispatcher_free(struct dispatcher *d)
{
	while (d->queue.count > 0)
		drop_request(d, 0);
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		struct pool_slot *s = &d->pool.slots[i];

		if (s->transport == NULL)
			continue;
		s->transport->ops->abandon(s->transport);
		release_slot(d, s);
	}
	openqueue_release(&d->queue);
	relays_release(&d->relays);
	free(d->user);
	free(d);
}
