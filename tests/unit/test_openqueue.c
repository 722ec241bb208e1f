/* SPDX-License-Identifier: MIT */
/* The rules of time for requests that wait for a channel: each by a clock of the test's
 * own, without logins. */

#include "broker/openqueue.h"
#include "broker/pool.h"
#include "tap.h"

enum { START = 100000 }; /* ms */

static struct pool_slot slots[POOL_SLOTS];

static struct open_request *add(struct openqueue *q, int64_t since,
                                struct pool_slot *slot)
{
	openqueue_add(q, &(struct open_request){
				 .since_ms = since, .turn_ms = since, .slot = slot });
	return &q->items[q->count - 1];
}

/* A channel has taken so long to open. */
static void serve(struct openqueue *q, int64_t took, int64_t now)
{
	openqueue_note_open(q, &(struct open_request){ .turn_ms = now - took }, now);
}

static void test_share(void)
{
	struct openqueue q = { .count = 0 };
	const struct open_request *r = add(&q, START, &slots[0]);

	ok(!openqueue_held_login(&q, r, START + 999) &&
	           openqueue_held_login(&q, r, START + 1000),
	   "the first channel may open for a second before it stands in the way");
	serve(&q, 50, START);
	ok(!openqueue_held_login(&q, r, START + 499) &&
	           openqueue_held_login(&q, r, START + 500),
	   "a channel may open for ten times as long as one takes");
	serve(&q, 0, START);
	ok(q.served == 2 && q.open_ms == 43,
	   "the time that a channel takes is an average");
	q.open_ms = 1;
	ok(!openqueue_held_login(&q, r, START + 299) &&
	           openqueue_held_login(&q, r, START + 300),
	   "a channel may open for 300 ms even where others take no time");
	q.open_ms = 900;
	ok(openqueue_held_login(&q, r, START + 1000),
	   "a channel may open for no more than a second where others are slow");
	slots[0].relays = 1;
	ok(!openqueue_held_login(&q, r, START + 5000),
	   "a login that carries a session is never given up");
	slots[0].relays = 0;
	openqueue_release(&q);
}

static void test_give_up(void)
{
	struct openqueue q = { .count = 0 };
	struct open_request *waits;

	(void)add(&q, START + 10, &slots[0]);
	(void)add(&q, START, &slots[1]);
	(void)add(&q, START + 20, &slots[2]);
	q.items[1].tries = 1;
	ok(openqueue_give_up(&q, START + 5000) == NULL,
	   "no login is given up while no request waits");
	waits = add(&q, START + 1000, NULL);
	ok(openqueue_give_up(&q, START + 1999) == NULL,
	   "no login is given up for a request that has waited for less than a second");
	waits->parting = true;
	ok(openqueue_give_up(&q, START + 2000) == NULL,
	   "no login is given up for a request that waits for one without bulk");
	waits->parting = false;
	ok(openqueue_give_up(&q, START + 2000) == &q.items[1],
	   "the login is given up whose channel has been opening longest");
	ok(q.items[1].silent && q.items[1].tries == 0,
	   "a request whose login was given up comes last, and its try does not count");
	ok(waits->overdue, "the request that waits is to get a login of its own");
	q.items[1].slot = NULL;
	waits->slot = &slots[1];
	waits->turn_ms = START + 2000;
	ok(openqueue_give_up(&q, START + 5000) == NULL,
	   "no login is given up for a request of a silent server");
	openqueue_release(&q);
}

static void test_others(void)
{
	struct openqueue q = { .count = 0 };

	(void)add(&q, START, &slots[0]);
	add(&q, START, NULL)->silent = true;
	ok(!openqueue_others_wait(&q),
	   "neither an opening channel nor a silent server's request is before another");
	(void)add(&q, START, NULL);
	ok(openqueue_others_wait(&q), "a request that has had no login is");
	openqueue_release(&q);
}

static bool needs(void (*change)(struct open_request *r))
{
	struct openqueue q = { .served = 1, .served_ms = START, .open_ms = 10 };
	bool needed;

	change(add(&q, START, NULL));
	needed = openqueue_needs_login(&q, 1, START + 1);
	openqueue_release(&q);
	return needed;
}

static void nothing(struct open_request *r)
{
	(void)r;
}

static void part(struct open_request *r)
{
	r->parting = true;
}

static void be_overdue(struct open_request *r)
{
	r->overdue = true;
}

static void be_silent(struct open_request *r)
{
	r->silent = true;
}

static void try_once(struct open_request *r)
{
	r->tries = 1;
}

static void open_there(struct open_request *r)
{
	r->overdue = true;
	r->slot = &slots[0];
}

static void test_needs_login(void)
{
	struct openqueue q = { .served = 1, .served_ms = START, .open_ms = 800 };

	ok(!needs(nothing), "a request that has just come needs no login of its own");
	ok(needs(part), "a request that is to part from bulk needs another login");
	ok(needs(be_overdue), "a request that is overdue needs another login");
	ok(needs(be_silent), "a request of a silent server needs another login");
	ok(needs(try_once), "a request that has left a login needs another one");
	ok(!needs(open_there), "a channel that is opening needs no other login");
	(void)add(&q, START - 500, NULL);
	ok(!openqueue_needs_login(&q, 1, START + 999) &&
	           openqueue_needs_login(&q, 1, START + 1000),
	   "another login is needed when no channel has opened for a second");
	for (int i = 0; i < 8; i++)
		(void)add(&q, START, NULL);
	ok(!openqueue_needs_login(&q, 1, START),
	   "nine requests of 800 ms each are served in time by one login");
	(void)add(&q, START, NULL);
	ok(openqueue_needs_login(&q, 1, START),
	   "the tenth request of 800 ms would wait for 8 s");
	ok(!openqueue_needs_login(&q, 2, START),
	   "ten requests of 800 ms each are served in time by two logins");
	openqueue_release(&q);
}

static void test_due(void)
{
	struct openqueue q = { .served = 1, .served_ms = START, .open_ms = 50 };
	struct open_request *r = add(&q, START, NULL);

	ok(openqueue_due_ms(&q, r, false, START) == START + 1000,
	   "a request that waits is looked at when it counts as stuck");
	q.ready_ms = START + 3000;
	ok(openqueue_due_ms(&q, r, false, START) == START + 4000 &&
	           !openqueue_needs_login(&q, 1, START + 3999) &&
	           openqueue_needs_login(&q, 1, START + 4000),
	   "the time that the login took does not count for that");
	q.ready_ms = 0;
	ok(openqueue_due_ms(&q, r, true, START) == START + 500,
	   "where all logins are taken it is looked at when it may get another's");
	r->parting = true;
	ok(openqueue_due_ms(&q, r, false, START + 1000) == START + 3000,
	   "a request that waits to part is looked at after three seconds");
	ok(openqueue_may_part(r, START + 2999) && !openqueue_may_part(r, START + 3000),
	   "a request waits to part for three seconds");
	r->parting = false;
	r->left_ms = START + 2000;
	ok(openqueue_due_ms(&q, r, false, START + 2000) == START + 5000,
	   "a request that left a login is looked at three seconds later");
	ok(openqueue_waits_for_new(r, START + 4999) &&
	           !openqueue_waits_for_new(r, START + 5000),
	   "a request that left a login waits three seconds for a new one");
	ok(openqueue_due_ms(&q, r, true, START + 6000) == START + 8000,
	   "a time that has passed is not waited for");
	r->slot = &slots[0];
	ok(openqueue_due_ms(&q, r, false, START + 2000) == START + 8000,
	   "a channel that opens is looked at when its client is about to time out");
	ok(!openqueue_is_late(r, START + 7999) && openqueue_is_late(r, START + 8000),
	   "a request is late after eight seconds");
	openqueue_release(&q);
}

int main(void)
{
	test_share();
	test_give_up();
	test_others();
	test_needs_login();
	test_due();
	return done_testing();
}
