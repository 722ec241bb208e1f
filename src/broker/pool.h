/*
 * roster.h - the logins on one gateway that there are at a time, and by which
 * transport new ones are made.
 *
 * Knows nothing of who uses them; only counts the talks that the switchboard
 * has on each.
 */
#ifndef BROKER_POOL_H
#define BROKER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "bastion/transport.h"

struct pollset;

enum { ROSTER_SEATS = 6 };

struct seat {
	struct login *login; /* NULL: a free place */
	bool ready;
	bool stirred; /* there may be news for its streams */
	bool ended;   /* abandoned: close its streams, then roster_remove() it */
	size_t talks;
	int64_t used_ms;
	int64_t ready_ms;
	int64_t doubted_ms; /* when the machine woke up, or 0 */
};

struct roster {
	struct login_config config;
	char where[LOGIN_WHERE]; /* for config.where */
	int transport; /* enum gateway_transport */
	bool remember; /* write the transport down once it works */
	struct seat seats[ROSTER_SEATS];
	int64_t retry_ms;     /* no additional login before */
	struct error failure; /* why there is no login, and will be none */
};

/* Start a login if there is room, by the transport that is known to work. */
void roster_start(struct roster *r);

/* Let every login take its next step; some seats may have ended afterwards. */
void roster_tend(struct roster *r);

/* Free a seat that has ended. */
void roster_remove(struct roster *r, struct seat *seat);

/* A seat that can open a channel now, or NULL. */
struct seat *roster_vacant(struct roster *r);

/* How many logins there are that are ready, or not yet. */
size_t roster_count(const struct roster *r, bool ready);

/* Does none of the ready ones answer? */
bool roster_is_silent(const struct roster *r);

/* May an additional login be made beside the ready ones? */
bool roster_may_grow(const struct roster *r);

void roster_poll(struct roster *r, struct pollset *set, int *wait_ms);
bool roster_flush(struct roster *r); /* true when anything moved */
void roster_doubt(struct roster *r);

#endif
