#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
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
	QUEUE_MS = 8000,    /* a caller who would wait longer for his turn gets one, too */
	WAIT_MS = 8500, /* ... before he is told that it will not be; then he leaves */
	TRIES_MAX = 2,
};

/* Somebody who waits for a channel. */
struct call {
	struct asker *asker;
	struct opening opening;
	char *called; /* the server, in messages */
	char *host;
	struct seat *seat; /* that is opening it, or NULL */
	int64_t since_ms;
	int64_t begun_ms; /* when his turn came */
	int tries;
	size_t slot;
};

struct switchboard {
	struct roster roster;
	char *user;
	struct call *calls;
	size_t call_count;
	struct talks talks;
	int64_t served;
	int64_t served_ms; /* when the last one was */
	int64_t pace_ms;   /* what opening a channel took lately; 0: not known */
};

struct switchboard *switchboard_new(const struct switchboard_config *config)
{
	struct switchboard *sb = xcalloc(1, sizeof(*sb));
	const char *at = strchr(config->gateway, '@');

	sb->user = at != NULL ?
	                   xstrndup(config->gateway, (size_t)(at - config->gateway)) :
	                   xstrdup("root");
	sb->roster.config = (struct login_config){
		.gateway = config->gateway,
		.address = at != NULL ? at + 1 : config->gateway,
		.user = sb->user,
		.key_file = config->key_file,
		.send_buffer = config->send_buffer,
	};
	sb->roster.transport = config->transport;
	return sb;
}

static void drop_call(struct switchboard *sb, size_t i)
{
	struct call *c = &sb->calls[i];

	if (c->seat != NULL)
		c->seat->login->ops->cancel(c->seat->login, &c->opening);
	asker_free(c->asker);
	free(c->called);
	free(c->host);
	sb->call_count--;
	memmove(c, c + 1, (sb->call_count - i) * sizeof(*c));
}

void switchboard_refuse_all(struct switchboard *sb, const struct error *why)
{
	while (sb->call_count > 0) {
		asker_refuse(sb->calls[0].asker, why);
		drop_call(sb, 0);
	}
}

/* A channel leads only to where a route file says that this gateway leads. */
static int find_server(const struct switchboard *sb, const char *uid, struct call *call,
                       struct error *err)
{
	struct route route;
	int rc = routefile_read(uid, &route, err);

	if (rc == -1)
		return -1;
	if (rc == 0)
		return error_set(err, ERROR_NO_HOST, "there is no route to %s", uid);
	if (route.address == NULL || route.gateway == NULL ||
	    strcmp(route.gateway, sb->roster.config.gateway) != 0) {
		rc = error_set(err, ERROR_NO_HOST, "%s is not behind gateway %s", uid,
		               sb->roster.config.address);
	} else {
		call->host = xstrdup(route.address);
		call->called = xstrdup(route.alias != NULL ? route.alias : uid);
		rc = 0;
	}
	routefile_release(&route);
	return rc;
}

void switchboard_admit(struct switchboard *sb, struct asker *asker)
{
	struct call call = { .asker = asker, .since_ms = deadline_now_ms() };
	struct error err = ERROR_INIT;

	if (sb->roster.failure.code != ERROR_NONE ||
	    find_server(sb, asker_uid(asker), &call, &err) == -1) {
		asker_refuse(asker, sb->roster.failure.code != ERROR_NONE ?
		                            &sb->roster.failure :
		                            &err);
		asker_free(asker);
		return;
	}
	call.opening = (struct opening){ .host = call.host, .port = asker_port(asker) };
	sb->calls = xrealloc_array(sb->calls, sb->call_count + 1, sizeof(*sb->calls));
	sb->calls[sb->call_count++] = call;
}

/* There will be no channel for this call, and why. */
static void fail_call(struct switchboard *sb, size_t i, struct error *why)
{
	const struct call *c = &sb->calls[i];

	error_prefix(why, "gateway %s cannot reach %s (%s port %u)", sb->roster.config.address,
	             c->called, c->host, (unsigned int)c->opening.port);
	asker_refuse(c->asker, why);
	drop_call(sb, i);
}

/*
 * The seat has ended: its talks are over, and its calls wait again, unless that has
 * happened to them before: a bastion that drops whoever has logged in is not asked for ever.
 */
static void vacate(struct switchboard *sb, struct seat *seat)
{
	for (size_t i = 0; i < sb->call_count;) {
		struct call *c = &sb->calls[i];
		struct error lost = ERROR_INIT;

		if (c->seat == seat && c->tries >= TRIES_MAX) {
			error_set(&lost, ERROR_UNAVAILABLE, "the connection to it was lost");
			fail_call(sb, i, &lost);
			continue;
		}
		if (c->seat == seat) {
			seat->login->ops->cancel(seat->login, &c->opening);
			c->seat = NULL;
		}
		i++;
	}
	talks_end(&sb->talks, seat);
	roster_remove(&sb->roster, seat);
}

static bool move_logins(struct switchboard *sb)
{
	bool moved = false;

	roster_tend(&sb->roster);
	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		if (sb->roster.seats[i].ended) {
			vacate(sb, &sb->roster.seats[i]);
			moved = true;
		}
	}
	if (sb->roster.failure.code != ERROR_NONE)
		switchboard_refuse_all(sb, &sb->roster.failure);
	return moved;
}

static void note_pace(struct switchboard *sb, const struct call *call)
{
	int64_t now = deadline_now_ms();
	int64_t took = now - call->begun_ms;

	sb->pace_ms = sb->served == 0 ? took : (sb->pace_ms * 7 + took) / 8;
	sb->served_ms = now;
}

/* Give the caller one end of a socket pair, and keep the other. */
static void connect_call(struct switchboard *sb, struct call *call, struct stream *stream)
{
	int ends[2];

	if (fd_socketpair(ends) == -1) {
		struct error err = ERROR_INIT;

		error_set(&err, ERROR_INTERNAL, "too many open files");
		asker_refuse(call->asker, &err);
		ends[0] = ends[1] = -1;
	} else {
		asker_answer(call->asker, "ok", ends[1]);
	}
	fd_close(&ends[1]);
	log_step("channel to %s (%s port %u) in %d ms", call->called, call->host,
	         (unsigned int)call->opening.port,
	         (int)(deadline_now_ms() - call->since_ms));
	talks_add(&sb->talks, ends[0], stream, call->seat);
	note_pace(sb, call);
	sb->served++;
}

/* He would leave in a moment, without knowing whom he has waited for. */
static void turn_away(struct switchboard *sb, size_t i)
{
	const struct call *c = &sb->calls[i];
	const char *gateway = sb->roster.config.address;
	struct error err = ERROR_INIT;

	if (roster_count(&sb->roster, true) == 0)
		error_set(&err, ERROR_UNAVAILABLE, "gateway %s takes too long to log in",
		          gateway);
	else if (c->seat == NULL && !roster_is_silent(&sb->roster))
		error_set(&err, ERROR_RETRY,
		          "gateway %s is busy with other connections, try again", gateway);
	else if (c->seat == NULL || c->seat->login->ops->silent(c->seat->login))
		error_set(&err, ERROR_UNAVAILABLE, "gateway %s does not answer any more",
		          gateway);
	else
		error_set(&err, ERROR_UNAVAILABLE,
		          "gateway %s cannot reach %s (%s port %u): no answer from there",
		          gateway, c->called, c->host, (unsigned int)c->opening.port);
	asker_refuse(c->asker, &err);
	drop_call(sb, i);
}

static bool is_late(const struct call *call)
{
	return deadline_now_ms() - call->since_ms >= WAIT_MS;
}

/* Go on with a call; true when it is off the list. */
static bool try_call(struct switchboard *sb, size_t i)
{
	struct call *c = &sb->calls[i];
	struct error err = ERROR_INIT;
	struct stream *stream;
	int rc;

	if (c->seat == NULL) {
		c->seat = roster_vacant(&sb->roster);
		if (c->seat == NULL)
			return false;
		c->tries++;
		c->begun_ms = deadline_now_ms();
	}
	rc = c->seat->login->ops->open(c->seat->login, &c->opening, &stream, &err);
	if (rc == 0 && c->seat->login->ops->silent(c->seat->login) &&
	    c->tries < TRIES_MAX) {
		c->seat->login->ops->cancel(c->seat->login, &c->opening);
		c->seat = NULL;
	}
	if (rc == 0)
		return false;
	if (rc == -1 && c->seat->login->ops->dead(c->seat->login) && c->tries < TRIES_MAX) {
		c->seat = NULL;
		return false;
	}
	if (rc == 1)
		connect_call(sb, c, stream);
	c->seat = NULL; /* there is nothing left to cancel */
	if (rc == 1)
		drop_call(sb, i);
	else
		fail_call(sb, i, &err);
	return true;
}

/* Has no channel come for so long, although somebody waits? */
static int64_t stuck_ms(const struct switchboard *sb, const struct call *call)
{
	int64_t since = call->since_ms > sb->served_ms ? call->since_ms : sb->served_ms;

	return since + PATIENCE_MS;
}

/*
 * Is it time for another login?  One opens a channel at a time (libssh2), a round trip
 * each, so a crowd waits its turn; more logins are for turns that would come too late,
 * and for when nothing goes on.
 */
static bool wants_login(const struct switchboard *sb)
{
	int64_t now = deadline_now_ms();
	int64_t ready = (int64_t)roster_count(&sb->roster, true);
	int64_t before = 0;

	if (sb->roster.failure.code != ERROR_NONE || sb->call_count == 0 ||
	    roster_count(&sb->roster, false) > 0)
		return false;
	if (ready == 0)
		return true;
	if (!roster_may_grow(&sb->roster))
		return false;
	for (size_t i = 0; i < sb->call_count; i++) {
		const struct call *c = &sb->calls[i];

		if (c->seat != NULL)
			continue;
		before++;
		if (c->tries > 0 || now >= stuck_ms(sb, c) ||
		    now - c->since_ms + before * sb->pace_ms / ready >= QUEUE_MS)
			return true;
	}
	return false;
}

static bool move_calls(struct switchboard *sb, const struct pollset *set)
{
	bool moved = false;

	for (size_t i = 0; i < sb->call_count;) {
		bool asked = pollset_got(set, sb->calls[i].slot) != 0;

		if (asked && asker_read(sb->calls[i].asker) == ASKER_GONE)
			drop_call(sb, i);
		else if (try_call(sb, i))
			moved = true;
		else if (is_late(&sb->calls[i]))
			turn_away(sb, i);
		else
			i++;
	}
	if (wants_login(sb)) {
		roster_start(&sb->roster);
		moved = true;
	}
	return moved;
}

void switchboard_poll(struct switchboard *sb, struct pollset *set, int *wait_ms)
{
	int64_t now = deadline_now_ms();

	for (size_t i = 0; i < sb->call_count; i++) {
		struct call *c = &sb->calls[i];
		int64_t late = c->since_ms + WAIT_MS;
		int64_t stuck = stuck_ms(sb, c);
		int64_t left = (c->seat == NULL && stuck > now && stuck < late ? stuck : late) - now;

		c->slot = pollset_add(set, asker_fd(c->asker), POLLIN);
		if (left < *wait_ms)
			*wait_ms = left > 0 ? (int)left : 0;
	}
	roster_poll(&sb->roster, set, wait_ms);
	talks_poll(&sb->talks, set, wait_ms);
}

bool switchboard_move(struct switchboard *sb, const struct pollset *set)
{
	bool moved = move_logins(sb);

	moved = move_calls(sb, set) || moved;
	moved = talks_move(&sb->talks, sb->roster.seats, set) || moved;
	/* What was sent is waited for with poll(); only what could be read is "more". */
	(void)roster_flush(&sb->roster);
	return moved;
}

void switchboard_warm(struct switchboard *sb)
{
	roster_start(&sb->roster);
}

void switchboard_doubt(struct switchboard *sb)
{
	roster_doubt(&sb->roster);
}

const struct error *switchboard_failure(const struct switchboard *sb)
{
	return sb->roster.failure.code != ERROR_NONE ? &sb->roster.failure : NULL;
}

bool switchboard_is_over(const struct switchboard *sb)
{
	return sb->call_count == 0 && roster_count(&sb->roster, true) == 0 &&
	       roster_count(&sb->roster, false) == 0;
}

size_t switchboard_talks(const struct switchboard *sb)
{
	return talks_active(&sb->talks);
}

size_t switchboard_calls(const struct switchboard *sb)
{
	return sb->call_count;
}

int64_t switchboard_served(const struct switchboard *sb)
{
	return sb->served;
}

const char *switchboard_transport(const struct switchboard *sb)
{
	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		const struct seat *s = &sb->roster.seats[i];

		if (s->login != NULL && s->ready)
			return s->login->ops->name;
	}
	return "connecting";
}

void switchboard_free(struct switchboard *sb)
{
	while (sb->call_count > 0)
		drop_call(sb, 0);
	for (size_t i = 0; i < ROSTER_SEATS; i++) {
		struct seat *s = &sb->roster.seats[i];

		if (s->login == NULL)
			continue;
		s->login->ops->abandon(s->login);
		vacate(sb, s);
	}
	free(sb->calls);
	talks_release(&sb->talks);
	free(sb->user);
	free(sb);
}
