/* SPDX-License-Identifier: MIT */
#include "broker/pool.h"
#include "base/deadline.h"
#include "bastion/libssh2transport.h"
#include "bastion/opensshtransport.h"
#include "broker/confine.h"
#include "net/pollset.h"
#include "runtime/config.h"
#include "runtime/configedit.h"
#include "runtime/log.h"

enum {
	RETRY_MS = 5000,  /* between logins that failed beside a good one */
	SPARE_MS = 30000, /* how long an additional login stays without relays */
	DOUBT_MS = 10000, /* how long after a sleep silence means more than usually */
	GRACE_MS = 2000,  /* for round trips, beside what should_replace() reckons */
	LOOK_MS = 500,    /* how often it does */
};

size_t pool_count(const struct pool *r, bool ready)
{
	size_t n = 0;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct pool_slot *s = &r->slots[i];

		n += s->transport != NULL && !s->ended && s->ready == ready ? 1 : 0;
	}
	return n;
}

bool pool_is_unresponsive(const struct pool *r)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct pool_slot *s = &r->slots[i];

		if (s->transport != NULL && !s->ended && s->ready &&
		    !s->transport->ops->unresponsive(s->transport))
			return false;
	}
	return true;
}

bool pool_may_grow(const struct pool *r)
{
	size_t all = pool_count(r, true) + pool_count(r, false);

	return r->transport != TRANSPORT_OPENSSH && all < POOL_SLOTS &&
	       deadline_now_ms() >= r->retry_ms;
}

static void fail(struct pool *r, const struct error *why)
{
	log_step("%s", why->text);
	r->failure = *why;
}

void pool_start(struct pool *r)
{
	struct error err = ERROR_INIT;
	struct pool_slot *slot = r->slots;
	struct transport *transport;

	while (slot < r->slots + POOL_SLOTS && slot->transport != NULL)
		slot++;
	if (slot == r->slots + POOL_SLOTS)
		return;
	transport = r->transport == TRANSPORT_OPENSSH ?
	                    opensshtransport_start(&r->config, &err) :
	                    libssh2transport_start(&r->config, &err);
	if (transport != NULL) {
		*slot = (struct pool_slot){ .transport = transport,
			                    .used_ms = deadline_now_ms() };
	} else if (pool_count(r, true) == 0) {
		fail(r, &err);
	} else {
		log_step("%s (an additional login)", err.text);
		r->retry_ms = deadline_now_ms() + RETRY_MS;
	}
}

static void close_slot(struct pool_slot *slot)
{
	slot->transport->ops->abandon(slot->transport);
	slot->ended = true;
	slot->has_data = true;
}

void pool_remove(struct pool *r, struct pool_slot *slot)
{
	(void)r;
	slot->transport->ops->free(slot->transport);
	*slot = (struct pool_slot){ .transport = NULL };
}

static void login_failed(struct pool *r, struct pool_slot *slot, const struct error *why)
{
	bool unable = slot->transport->ops->unable(slot->transport) &&
	              why->code != ERROR_TRUST && r->transport == TRANSPORT_AUTO;

	close_slot(slot);
	if (unable) {
		log_step("%s; OpenSSH's own client is tried", why->text);
		r->transport = TRANSPORT_OPENSSH;
		r->remember = true;
		pool_start(r);
	} else if (pool_count(r, true) > 0) {
		log_step("%s (an additional login)", why->text);
		r->retry_ms = deadline_now_ms() + RETRY_MS;
	} else if (pool_count(r, false) == 0) {
		fail(r, why);
	}
}

static void login_ready(struct pool *r, struct pool_slot *slot)
{
	struct error ignored = ERROR_INIT;

	slot->ready = true;
	slot->ready_ms = deadline_now_ms();
	slot->has_data = true;
	/* To ask a name server again would be to wait for it, with all the relays. */
	if (slot->transport->ops->peer_address != NULL &&
	    slot->transport->ops->peer_address(slot->transport, r->peer_address))
		r->config.peer_address = r->peer_address;
	if (r->remember &&
	    config_write_gateway_transport(r->config.address, slot->transport->ops->name,
	                                   &ignored) == -1)
		log_step("the transport could not be remembered: %s", ignored.text);
	r->remember = false;
	if (r->transport != TRANSPORT_OPENSSH) {
		r->transport = TRANSPORT_LIBSSH2; /* from here on no program is started */
		confine_settle();
	}
}

/* Beside others, one that nobody uses or that does not answer is not kept. */
static bool is_spare(const struct pool *r, const struct pool_slot *slot)
{
	if (slot->relays > 0)
		return false;
	if (slot->transport->ops->unresponsive(slot->transport))
		return true;
	return pool_count(r, true) > 1 && deadline_now_ms() - slot->used_ms >= SPARE_MS;
}

/* When the first login was ready that was made after since, or 0. */
static int64_t newer_ready_ms(const struct pool *r, int64_t since)
{
	int64_t first = 0;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct pool_slot *s = &r->slots[i];

		if (s->transport != NULL && s->ready && !s->ended &&
		    s->ready_ms > since && (first == 0 || s->ready_ms < first))
			first = s->ready_ms;
	}
	return first;
}

/*
 * While the machine slept the bastion, or a box between, may have forgotten the
 * connection, and nothing will ever come of it.  One that stays silent is held against
 * a new one: when that is logged in, the network is there.  TCP repeats what was lost
 * after at most as long again as it has been trying (RFC 6298, 5.5), so by twice the
 * time the old one has been heard, or never will be.  True when it is to end, and
 * its relays with it.
 */
static bool should_replace(struct pool *r, struct pool_slot *slot)
{
	int64_t now = deadline_now_ms();
	int64_t ready;

	if (slot->doubted_ms == 0)
		return false;
	if (!slot->transport->ops->unresponsive(slot->transport)) {
		if (now - slot->doubted_ms >= DOUBT_MS)
			slot->doubted_ms = 0;
		return false;
	}
	ready = newer_ready_ms(r, slot->doubted_ms);
	if (ready != 0)
		return now >= ready + (ready - slot->doubted_ms) + GRACE_MS;
	if (pool_count(r, false) == 0 && pool_may_grow(r))
		pool_start(r);
	return false;
}

static void step_slot(struct pool *r, struct pool_slot *slot)
{
	const struct transport_ops *ops = slot->transport->ops;
	struct error err = ERROR_INIT;
	int rc;

	if (!slot->ready) {
		rc = ops->step(slot->transport, &err);
		if (rc == -1)
			login_failed(r, slot, &err);
		else if (rc == 1)
			login_ready(r, slot);
		return;
	}
	if (ops->receive(slot->transport))
		slot->has_data = true;
	if (slot->relays > 0)
		slot->used_ms = deadline_now_ms();
	if (ops->is_closed(slot->transport) || should_replace(r, slot)) {
		log_step("gateway %s: the connection is lost, with %zu channels",
		         r->config.address, slot->relays);
		close_slot(slot);
	} else if (is_spare(r, slot)) {
		log_step("gateway %s: a login is given up", r->config.address);
		close_slot(slot);
	}
}

void pool_step(struct pool *r)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		if (r->slots[i].transport != NULL && !r->slots[i].ended)
			step_slot(r, &r->slots[i]);
	}
}

struct pool_slot *pool_find_slot(struct pool *r)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		struct pool_slot *s = &r->slots[i];

		if (s->transport != NULL && s->ready && !s->ended &&
		    s->transport->ops->can_open(s->transport))
			return s;
	}
	return NULL;
}

void pool_poll(struct pool *r, struct pollset *set, int *wait_ms)
{
	int spare = SPARE_MS;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		if (r->slots[i].transport == NULL || r->slots[i].ended)
			continue;
		r->slots[i].transport->ops->poll(r->slots[i].transport, set, wait_ms);
		if (r->slots[i].doubted_ms != 0 && LOOK_MS < *wait_ms)
			*wait_ms = LOOK_MS;
	}
	if (pool_count(r, true) > 1 && spare < *wait_ms)
		*wait_ms = spare;
}

bool pool_flush(struct pool *r)
{
	bool moved = false;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		struct pool_slot *s = &r->slots[i];

		if (s->transport != NULL && s->ready && !s->ended &&
		    s->transport->ops->flush(s->transport))
			moved = true;
	}
	return moved;
}

void pool_probe(struct pool *r)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		struct pool_slot *s = &r->slots[i];

		if (s->transport == NULL || !s->ready || s->ended)
			continue;
		s->transport->ops->probe(s->transport);
		s->doubted_ms = deadline_now_ms();
	}
}
