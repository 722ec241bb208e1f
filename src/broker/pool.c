#include "base/deadline.h"
#include "bastion/libssh2transport.h"
#include "bastion/opensshtransport.h"
#include "broker/confine.h"
#include "broker/pool.h"
#include "net/pollset.h"
#include "runtime/config.h"
#include "runtime/configedit.h"
#include "runtime/log.h"

enum {
	RETRY_MS = 5000,  /* between logins that failed beside a good one */
	SPARE_MS = 30000, /* how long an additional login stays without talks */
	DOUBT_MS = 10000, /* how long after a sleep silence means more than usually */
	GRACE_MS = 2000,  /* for round trips, beside what is_outlived() reckons */
	LOOK_MS = 500,    /* how often it does */
};

size_t roster_count(const struct roster *r, bool ready)
{
	size_t n = 0;

	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		const struct seat *s = &r->seats[i];

		n += s->login != NULL && !s->ended && s->ready == ready ? 1 : 0;
	}
	return n;
}

bool roster_is_silent(const struct roster *r)
{
	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		const struct seat *s = &r->seats[i];

		if (s->login != NULL && !s->ended && s->ready &&
		    !s->login->ops->silent(s->login))
			return false;
	}
	return true;
}

bool roster_may_grow(const struct roster *r)
{
	size_t all = roster_count(r, true) + roster_count(r, false);

	return r->transport != TRANSPORT_OPENSSH && all < ROSTER_SEATS &&
	       deadline_now_ms() >= r->retry_ms;
}

static void fail(struct roster *r, const struct error *why)
{
	log_step("%s", why->text);
	r->failure = *why;
}

void roster_start(struct roster *r)
{
	struct error err = ERROR_INIT;
	struct seat *seat = r->seats;
	struct login *login;

	while (seat < r->seats + ROSTER_SEATS && seat->login != NULL)
		seat++;
	if (seat == r->seats + ROSTER_SEATS)
		return;
	login = r->transport == TRANSPORT_OPENSSH ? sshtransport_start(&r->config, &err) :
	                                            lane_start(&r->config, &err);
	if (login != NULL) {
		*seat = (struct seat){ .login = login, .used_ms = deadline_now_ms() };
	} else if (roster_count(r, true) == 0) {
		fail(r, &err);
	} else {
		log_step("%s (an additional login)", err.text);
		r->retry_ms = deadline_now_ms() + RETRY_MS;
	}
}

static void end_seat(struct seat *seat)
{
	seat->login->ops->abandon(seat->login);
	seat->ended = true;
	seat->stirred = true;
}

void roster_remove(struct roster *r, struct seat *seat)
{
	(void)r;
	seat->login->ops->free(seat->login);
	*seat = (struct seat){ .login = NULL };
}

static void login_failed(struct roster *r, struct seat *seat, const struct error *why)
{
	bool unable = seat->login->ops->unable(seat->login) && why->code != ERROR_TRUST &&
	              r->transport == TRANSPORT_AUTO;

	end_seat(seat);
	if (unable) {
		log_step("%s; OpenSSH's own client is tried", why->text);
		r->transport = TRANSPORT_OPENSSH;
		r->remember = true;
		roster_start(r);
	} else if (roster_count(r, true) > 0) {
		log_step("%s (an additional login)", why->text);
		r->retry_ms = deadline_now_ms() + RETRY_MS;
	} else if (roster_count(r, false) == 0) {
		fail(r, why);
	}
}

static void login_ready(struct roster *r, struct seat *seat)
{
	struct error ignored = ERROR_INIT;

	seat->ready = true;
	seat->ready_ms = deadline_now_ms();
	seat->stirred = true;
	/* To ask a name server again would be to wait for it, with all the talks. */
	if (seat->login->ops->where != NULL && seat->login->ops->where(seat->login, r->where))
		r->config.where = r->where;
	if (r->remember &&
	    config_write_gateway_transport(r->config.address, seat->login->ops->name,
	                                   &ignored) == -1)
		log_step("the transport could not be remembered: %s", ignored.text);
	r->remember = false;
	if (r->transport != TRANSPORT_OPENSSH) {
		r->transport = TRANSPORT_LIBSSH2; /* from here on no program is started */
		confine_settle();
	}
}

/* Beside others, one that nobody uses or that does not answer is not kept. */
static bool is_spare(const struct roster *r, const struct seat *seat)
{
	if (seat->talks > 0)
		return false;
	if (seat->login->ops->silent(seat->login))
		return true;
	return roster_count(r, true) > 1 && deadline_now_ms() - seat->used_ms >= SPARE_MS;
}

/* When the first login was ready that was made after since, or 0. */
static int64_t newer_ready_ms(const struct roster *r, int64_t since)
{
	int64_t first = 0;

	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		const struct seat *s = &r->seats[i];

		if (s->login != NULL && s->ready && !s->ended && s->ready_ms > since &&
		    (first == 0 || s->ready_ms < first))
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
 * its talks with it.
 */
static bool is_outlived(struct roster *r, struct seat *seat)
{
	int64_t now = deadline_now_ms();
	int64_t ready;

	if (seat->doubted_ms == 0)
		return false;
	if (!seat->login->ops->silent(seat->login)) {
		if (now - seat->doubted_ms >= DOUBT_MS)
			seat->doubted_ms = 0;
		return false;
	}
	ready = newer_ready_ms(r, seat->doubted_ms);
	if (ready != 0)
		return now >= ready + (ready - seat->doubted_ms) + GRACE_MS;
	if (roster_count(r, false) == 0 && roster_may_grow(r))
		roster_start(r);
	return false;
}

static void tend(struct roster *r, struct seat *seat)
{
	const struct login_ops *ops = seat->login->ops;
	struct error err = ERROR_INIT;
	int rc;

	if (!seat->ready) {
		rc = ops->step(seat->login, &err);
		if (rc == -1)
			login_failed(r, seat, &err);
		else if (rc == 1)
			login_ready(r, seat);
		return;
	}
	if (ops->take(seat->login))
		seat->stirred = true;
	if (seat->talks > 0)
		seat->used_ms = deadline_now_ms();
	if (ops->dead(seat->login) || is_outlived(r, seat)) {
		log_step("gateway %s: the connection is lost, with %zu channels",
		         r->config.address, seat->talks);
		end_seat(seat);
	} else if (is_spare(r, seat)) {
		log_step("gateway %s: a login is given up", r->config.address);
		end_seat(seat);
	}
}

void roster_tend(struct roster *r)
{
	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		if (r->seats[i].login != NULL && !r->seats[i].ended)
			tend(r, &r->seats[i]);
	}
}

struct seat *roster_vacant(struct roster *r)
{
	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		struct seat *s = &r->seats[i];

		if (s->login != NULL && s->ready && !s->ended &&
		    s->login->ops->vacant(s->login))
			return s;
	}
	return NULL;
}

void roster_poll(struct roster *r, struct pollset *set, int *wait_ms)
{
	int spare = SPARE_MS;

	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		if (r->seats[i].login == NULL || r->seats[i].ended)
			continue;
		r->seats[i].login->ops->poll(r->seats[i].login, set, wait_ms);
		if (r->seats[i].doubted_ms != 0 && LOOK_MS < *wait_ms)
			*wait_ms = LOOK_MS;
	}
	if (roster_count(r, true) > 1 && spare < *wait_ms)
		*wait_ms = spare;
}

bool roster_flush(struct roster *r)
{
	bool moved = false;

	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		struct seat *s = &r->seats[i];

		if (s->login != NULL && s->ready && !s->ended &&
		    s->login->ops->flush(s->login))
			moved = true;
	}
	return moved;
}

void roster_doubt(struct roster *r)
{
	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		struct seat *s = &r->seats[i];

		if (s->login == NULL || !s->ready || s->ended)
			continue;
		s->login->ops->doubt(s->login);
		s->doubted_ms = deadline_now_ms();
	}
}
