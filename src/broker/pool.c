/* SPDX-License-Identifier: MIT */
#include "broker/pool.h"
#include "base/deadline.h"
#include "broker/client.h"
#include "net/pollset.h"
#include "runtime/config.h"
#include "runtime/configedit.h"
#include "runtime/log.h"

enum {
	RETRY_MS = 5000,  /* after an additional login that failed */
	SPARE_MS = 30000, /* an additional login without relays ends after this */
	WAKE_MS = 10000,  /* time after a sleep in which should_replace() judges */
	GRACE_MS = 2000,  /* for round trips, see should_replace() */
	CHECK_MS = 500,   /* between its checks */
};

static bool is_ready(const struct pool_slot *s)
{
	return s->transport != NULL && s->ready && !s->ended;
}

size_t pool_count(const struct pool *p, bool ready)
{
	size_t n = 0;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct pool_slot *s = &p->slots[i];

		n += s->transport != NULL && !s->ended && s->ready == ready ? 1 : 0;
	}
	return n;
}

const char *pool_transport_name(const struct pool *p)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct pool_slot *s = &p->slots[i];

		if (s->transport != NULL && s->ready)
			return s->transport->ops->name;
	}
	return BROKER_CONNECTING;
}

/* When the first login after that time was ready, or 0. */
static int64_t newer_ready_ms(const struct pool *p, int64_t since)
{
	int64_t first = 0;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct pool_slot *s = &p->slots[i];

		if (is_ready(s) && s->ready_ms > since &&
		    (first == 0 || s->ready_ms < first))
			first = s->ready_ms;
	}
	return first;
}

int64_t pool_ready_ms(const struct pool *p)
{
	return newer_ready_ms(p, 0);
}

bool pool_is_unresponsive(const struct pool *p)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct pool_slot *s = &p->slots[i];

		if (is_ready(s) && !s->transport->ops->unresponsive(s->transport))
			return false;
	}
	return true;
}

bool pool_may_grow(const struct pool *p)
{
	size_t all = pool_count(p, true) + pool_count(p, false);

	return p->transport != TRANSPORT_OPENSSH && all < POOL_SLOTS &&
	       deadline_now_ms() >= p->retry_ms;
}

bool pool_may_part(const struct pool *p)
{
	bool unattended = false;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct pool_slot *s = &p->slots[i];

		unattended = unattended || (is_ready(s) && s->transport->unattended);
	}
	return unattended && (pool_count(p, false) > 0 || pool_may_grow(p));
}

static void fail(struct pool *p, const struct error *why)
{
	log_step("%s", why->text);
	p->failure = *why;
}

void pool_start(struct pool *p)
{
	struct error err = ERROR_INIT;
	struct pool_slot *slot = p->slots;
	struct transport *transport;

	while (slot < p->slots + POOL_SLOTS && slot->transport != NULL)
		slot++;
	if (slot == p->slots + POOL_SLOTS)
		return;
	/* What the user logged in for on the terminal is used first. */
	if (p->backend->has_login(p->config.gateway))
		p->transport = TRANSPORT_OPENSSH;
	transport = p->transport == TRANSPORT_OPENSSH ?
	                    p->backend->openssh(&p->config, &err) :
	                    p->backend->libssh2(&p->config, &err);
	if (transport != NULL) {
		*slot = (struct pool_slot){ .transport = transport,
			                    .used_ms = deadline_now_ms() };
	} else if (pool_count(p, true) == 0) {
		fail(p, &err);
	} else {
		log_step("%s (an additional login)", err.text);
		p->retry_ms = deadline_now_ms() + RETRY_MS;
	}
}

void pool_end(struct pool_slot *slot)
{
	slot->transport->ops->abandon(slot->transport);
	slot->ended = true;
	slot->has_data = true;
}

void pool_remove(struct pool_slot *slot)
{
	slot->transport->ops->free(slot->transport);
	*slot = (struct pool_slot){ .transport = NULL };
}

static void login_failed(struct pool *p, struct pool_slot *slot, const struct error *why)
{
	enum unable unable = p->transport == TRANSPORT_AUTO && why->code != ERROR_TRUST ?
	                             slot->transport->unable :
	                             ABLE;

	pool_end(slot);
	if (unable != ABLE) {
		log_step("%s; the transport changes to OpenSSH", why->text);
		p->transport = TRANSPORT_OPENSSH;
		p->remember = unable == UNABLE;
		pool_start(p);
	} else if (pool_count(p, true) > 0) {
		log_step("%s (an additional login)", why->text);
		p->retry_ms = deadline_now_ms() + RETRY_MS;
	} else if (pool_count(p, false) == 0) {
		fail(p, why);
	}
}

static void login_ready(struct pool *p, struct pool_slot *slot)
{
	struct error ignored = ERROR_INIT;

	slot->ready = true;
	slot->ready_ms = deadline_now_ms();
	slot->has_data = true;
	/* The next login needs no name lookup, which would block all relays. */
	if (slot->transport->ops->peer_address != NULL &&
	    slot->transport->ops->peer_address(slot->transport, p->peer_address))
		p->config.peer_address = p->peer_address;
	if (p->remember && config_write("gateway-transport", p->config.address,
	                                slot->transport->ops->name, &ignored) == -1)
		log_step("the transport is not in the configuration: %s", ignored.text);
	p->remember = false;
	if (p->transport != TRANSPORT_OPENSSH) {
		p->transport = TRANSPORT_LIBSSH2;
		p->backend->confine();
	}
}

/* Is it without relays, and unresponsive or additional for too long? */
static bool is_spare(const struct pool *p, const struct pool_slot *slot)
{
	if (slot->relays > 0)
		return false;
	if (slot->transport->ops->unresponsive(slot->transport))
		return true;
	return pool_count(p, true) > 1 && deadline_now_ms() - slot->used_ms >= SPARE_MS;
}

/*
 * While the machine slept, the bastion or a NAT may have dropped the connection.  Start a
 * second login: when that is ready, the network works.  TCP repeats a lost segment after
 * at most the time that it has been trying (RFC 6298, 5.5), so after twice the time of
 * the second login the old connection has answered or is lost.  True: end it, with its
 * relays.
 */
static bool should_replace(struct pool *p, struct pool_slot *slot)
{
	int64_t now = deadline_now_ms();
	int64_t ready;

	if (slot->woke_ms == 0)
		return false;
	if (!slot->transport->ops->unresponsive(slot->transport)) {
		if (now - slot->woke_ms >= WAKE_MS)
			slot->woke_ms = 0;
		return false;
	}
	ready = newer_ready_ms(p, slot->woke_ms);
	if (ready != 0)
		return now >= ready + (ready - slot->woke_ms) + GRACE_MS;
	if (pool_count(p, false) == 0 && pool_may_grow(p))
		pool_start(p);
	return false;
}

static void step_slot(struct pool *p, struct pool_slot *slot)
{
	const struct transport_ops *ops = slot->transport->ops;
	struct error err = ERROR_INIT;
	int rc;

	if (!slot->ready) {
		rc = ops->step(slot->transport, &err);
		if (rc == -1)
			login_failed(p, slot, &err);
		else if (rc == 1)
			login_ready(p, slot);
		return;
	}
	if (ops->receive(slot->transport))
		slot->has_data = true;
	if (slot->relays > 0)
		slot->used_ms = deadline_now_ms();
	if (ops->is_closed(slot->transport) || should_replace(p, slot)) {
		log_step("gateway %s: the connection is lost, with %zu channels",
		         p->config.address, slot->relays);
		pool_end(slot);
	} else if (is_spare(p, slot)) {
		log_step("gateway %s: an unused login ends", p->config.address);
		pool_end(slot);
	}
}

void pool_step(struct pool *p)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		if (p->slots[i].transport != NULL && !p->slots[i].ended)
			step_slot(p, &p->slots[i]);
	}
}

struct pool_slot *pool_find_slot(struct pool *p, int64_t since)
{
	struct pool_slot *bulk = NULL;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		struct pool_slot *s = &p->slots[i];

		if (is_ready(s) && s->ready_ms >= since &&
		    s->transport->ops->can_open(s->transport)) {
			if (!s->bulk)
				return s;
			bulk = bulk != NULL ? bulk : s;
		}
	}
	return bulk;
}

void pool_poll(struct pool *p, struct pollset *set, int *wait_ms)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		if (p->slots[i].transport == NULL || p->slots[i].ended)
			continue;
		p->slots[i].transport->ops->poll(p->slots[i].transport, set, wait_ms);
		if (p->slots[i].woke_ms != 0 && CHECK_MS < *wait_ms)
			*wait_ms = CHECK_MS;
	}
	if (pool_count(p, true) > 1 && SPARE_MS < *wait_ms)
		*wait_ms = SPARE_MS;
}

bool pool_flush(struct pool *p)
{
	bool moved = false;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		struct pool_slot *s = &p->slots[i];

		if (is_ready(s) && s->transport->ops->flush(s->transport))
			moved = true;
	}
	return moved;
}

void pool_probe(struct pool *p)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		struct pool_slot *s = &p->slots[i];

		if (!is_ready(s))
			continue;
		s->transport->ops->probe(s->transport);
		s->woke_ms = deadline_now_ms();
	}
}
