/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "broker/brokerrequest.h"
#include "broker/openqueue.h"
#include "broker/pool.h"

enum {
	STUCK_MS = 1000, /* without an opened channel, before another login is started */
	SHARE_MS = 300,  /* and at least so long a channel may open before others do */
	QUEUE_MS = 8000, /* a request that would wait longer starts another login, too */
	REPLY_MS = 8000, /* the client, which may have started the broker, times out
	                    at 8.8 s */
	PART_MS = 3000,  /* a request waits for a login without bulk */
	LEFT_MS = 3000,  /* a request that left a login waits for a new one */
};

void openqueue_add(struct openqueue *q, const struct open_request *r)
{
	q->items = xgrow_array(q->items, q->count, sizeof(*q->items));
	q->items[q->count++] = *r;
}

void openqueue_remove(struct openqueue *q, size_t i)
{
	struct open_request *r = &q->items[i];

	broker_request_free(r->request);
	free(r->display_name);
	free(r->host);
	q->count--;
	memmove(r, r + 1, (q->count - i) * sizeof(*r));
}

void openqueue_release(struct openqueue *q)
{
	while (q->count > 0)
		openqueue_remove(q, q->count - 1);
	free(q->items);
	*q = (struct openqueue){ .items = NULL };
}

void openqueue_note_open(struct openqueue *q, const struct open_request *r,
                         int64_t now_ms)
{
	int64_t took = now_ms - r->turn_ms;

	q->open_ms = q->served == 0 ? took : (q->open_ms * 7 + took) / 8;
	q->served_ms = now_ms;
	q->served++;
}

bool openqueue_is_late(const struct open_request *r, int64_t now_ms)
{
	return now_ms - r->since_ms >= REPLY_MS;
}

bool openqueue_may_part(const struct open_request *r, int64_t now_ms)
{
	return now_ms - r->since_ms < PART_MS;
}

bool openqueue_waits_for_new(const struct open_request *r, int64_t now_ms)
{
	return r->left_ms != 0 && now_ms - r->left_ms < LEFT_MS;
}

bool openqueue_others_wait(const struct openqueue *q)
{
	for (size_t i = 0; i < q->count; i++) {
		if (q->items[i].slot == NULL && !q->items[i].silent)
			return true;
	}
	return false;
}

/*
 * A login of libssh2 opens one channel at a time, and cannot cancel that.  A bastion
 * needs two minutes to find a server silent: six such servers would take all logins.
 */

/* How long a channel may open before it stands in the way of others: many times as long
 * as one takes. */
static int64_t share_ms(const struct openqueue *q)
{
	int64_t usual = 10 * q->open_ms;

	if (q->served == 0 || usual > STUCK_MS)
		return STUCK_MS;
	return usual > SHARE_MS ? usual : SHARE_MS;
}

struct pool_slot *openqueue_held_login(const struct openqueue *q,
                                       const struct open_request *r, int64_t now_ms)
{
	bool late = now_ms - r->turn_ms >= share_ms(q);

	return late && r->slot != NULL && r->slot->relays == 0 ? r->slot : NULL;
}

/* Has it waited for a login long enough to get one that another holds? */
static bool is_overdue(const struct openqueue *q, const struct open_request *r,
                       int64_t now_ms)
{
	return r->slot == NULL && !r->silent && !r->parting &&
	       now_ms - r->since_ms >= share_ms(q);
}

struct open_request *openqueue_give_up(struct openqueue *q, int64_t now_ms)
{
	struct open_request *overdue = NULL;
	struct open_request *oldest = NULL;

	for (size_t i = 0; i < q->count; i++) {
		struct open_request *r = &q->items[i];

		if (overdue == NULL && is_overdue(q, r, now_ms))
			overdue = r;
		if (openqueue_held_login(q, r, now_ms) != NULL &&
		    (oldest == NULL || r->turn_ms < oldest->turn_ms))
			oldest = r;
	}
	if (overdue == NULL || oldest == NULL)
		return NULL;
	overdue->overdue = true;
	oldest->silent = true;
	oldest->tries--;
	return oldest;
}

/* When a request that waits counts as stuck: no channel has opened for so long, though a
 * login was there. */
static int64_t stuck_ms(const struct openqueue *q, const struct open_request *r)
{
	int64_t since = r->since_ms > q->served_ms ? r->since_ms : q->served_ms;

	return (since > q->ready_ms ? since : q->ready_ms) + STUCK_MS;
}

bool openqueue_is_long(const struct openqueue *q, size_t logins, int64_t now_ms)
{
	int64_t before = 0;

	for (size_t i = 0; i < q->count; i++) {
		const struct open_request *r = &q->items[i];

		if (r->slot != NULL)
			continue;
		before++;
		if (now_ms - r->since_ms + before * q->open_ms / (int64_t)logins >=
		    QUEUE_MS)
			return true;
	}
	return false;
}

bool openqueue_needs_login(const struct openqueue *q, size_t ready, int64_t now_ms)
{
	for (size_t i = 0; i < q->count; i++) {
		const struct open_request *r = &q->items[i];

		if (r->slot == NULL && (r->parting || r->overdue || r->silent ||
		                        r->tries > 0 || now_ms >= stuck_ms(q, r)))
			return true;
	}
	return openqueue_is_long(q, ready, now_ms);
}

int64_t openqueue_due_ms(const struct openqueue *q, const struct open_request *r,
                         bool is_full, int64_t now_ms)
{
	int64_t stuck = stuck_ms(q, r);
	int64_t part = r->since_ms + PART_MS;
	int64_t left = r->left_ms + LEFT_MS;
	int64_t due = r->since_ms + REPLY_MS;
	int64_t share = (r->slot == NULL ? r->since_ms : r->turn_ms) + share_ms(q);

	if (is_full && share > now_ms && share < due)
		due = share;
	if (r->slot == NULL && stuck > now_ms && stuck < due)
		due = stuck;
	if (r->slot == NULL && r->parting && part > now_ms && part < due)
		due = part;
	if (r->slot == NULL && r->left_ms != 0 && left > now_ms && left < due)
		due = left;
	return due;
}
