/* SPDX-License-Identifier: MIT */
/*
 * openqueue.h - the requests for channels that have no channel yet, and the rules of time
 * for them: when one is late, when another login is needed, and which login is given up
 * for a request that has had none.
 *
 * Opens nothing and replies to nothing.  now_ms is deadline_now_ms(), a parameter so that
 * tests have a clock of their own.  No function blocks.
 */
#ifndef BROKER_OPENQUEUE_H
#define BROKER_OPENQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bastion/transport.h"

struct broker_request;
struct pool_slot;

/* A client that waits for a channel. */
struct open_request {
	struct broker_request *request; /* owned, as are the two names */
	struct channel_open channel;
	char *display_name; /* of the server, in messages */
	char *host;
	struct pool_slot *slot; /* where the channel opens, or NULL: it waits */
	int64_t since_ms;
	int64_t turn_ms; /* when the channel began to open */
	int64_t left_ms; /* when it left a silent or lost login, or 0 */
	int tries;       /* logins that it was tried on */
	bool parting;    /* it waits for a login without bulk */
	bool silent;  /* its server did not answer while others waited: it comes last */
	bool overdue; /* it needs a login of its own */
	size_t poll_slot;
};

/* All zero is an empty one. */
struct openqueue {
	struct open_request *items; /* in the order in which they came */
	size_t count;
	int64_t served;
	int64_t served_ms; /* when the last channel opened */
	int64_t ready_ms;  /* pool_ready_ms(); the owner keeps it up to date */
	int64_t open_ms;   /* the moving average of the time to open a channel */
};

/* Takes what r owns. */
void openqueue_add(struct openqueue *q, const struct open_request *r);

/* Remove an item, with its request; pointers to items behind it are no longer valid. */
void openqueue_remove(struct openqueue *q, size_t i);

/* Remove all. */
void openqueue_release(struct openqueue *q);

/* A channel for r has opened. */
void openqueue_note_open(struct openqueue *q, const struct open_request *r,
                         int64_t now_ms);

/* Is the client about to time out? */
bool openqueue_is_late(const struct open_request *r, int64_t now_ms);

/* May it wait longer for a login without bulk? */
bool openqueue_may_part(const struct open_request *r, int64_t now_ms);

/* Has it left a login so short a time ago that it waits for a new one? */
bool openqueue_waits_for_new(const struct open_request *r, int64_t now_ms);

/* Does a request wait that is to be served before one of a silent server? */
bool openqueue_others_wait(const struct openqueue *q);

/* The login without relays on which the channel of r has been opening for too long, or
 * NULL. */
struct pool_slot *openqueue_held_login(const struct openqueue *q,
                                       const struct open_request *r, int64_t now_ms);

/*
 * Every login is taken.  The request whose login is to be given up, for one that has had
 * none and now counts as overdue: that whose channel has been opening longest.  It comes
 * last from now on, and its try does not count.  NULL: all may go on.  Borrowed.
 */
struct open_request *openqueue_give_up(struct openqueue *q, int64_t now_ms);

/* Would a request wait for too long, with so many logins, at least one? */
bool openqueue_is_long(const struct openqueue *q, size_t logins, int64_t now_ms);

/* Do requests wait that need another login beside the ready ones, of which there is at
 * least one? */
bool openqueue_needs_login(const struct openqueue *q, size_t ready, int64_t now_ms);

/* When there is something to do for r though nothing comes; is_full: every login is
 * taken. */
int64_t openqueue_due_ms(const struct openqueue *q, const struct open_request *r,
                         bool is_full, int64_t now_ms);

#endif
