/*
 * talks.h - the channels that are in use, and over which login each goes.
 *
 * Carries their bytes, each one first in turn.  Knows nothing of who waits for a
 * channel; keeps the number of talks in each seat.  Never blocks.
 */
#ifndef BROKER_RELAYS_H
#define BROKER_RELAYS_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/pool.h"
#include "broker/relay.h"

struct pollset;
struct stream;
struct talk;

struct talks { /* all zero: none */
	struct talk *items;
	size_t count;
	size_t turn; /* who moves first */
	unsigned char scratch[RELAY_SCRATCH];
};

/* A talk over a login of seat begins.  Takes fd, see relay_new(), and stream; with -1
 * for fd there is nobody to talk to, and the stream is closed. */
void talks_add(struct talks *t, int fd, struct stream *stream, struct seat *seat);

/* The seat has ended, and with it every talk over it. */
void talks_end(struct talks *t, const struct seat *seat);

/* Add what to wait for; lower *wait_ms. */
void talks_poll(const struct talks *t, struct pollset *set, int *wait_ms);

/*
 * Move what can be moved now, over seats, the roster's, which say where there may be
 * news, and are told; true when anything moved.  What is over leaves the list.
 */
bool talks_move(struct talks *t, struct seat seats[ROSTER_SEATS],
                const struct pollset *set);

/* How many are still talking.  One whose client has gone may wait long for a server that
 * reads nothing to confirm its end. */
size_t talks_active(const struct talks *t);

/* Free the list; the talks have ended before. */
void talks_release(struct talks *t);

#endif
