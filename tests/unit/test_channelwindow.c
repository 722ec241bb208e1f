/* SPDX-License-Identifier: MIT */
/* A copy on lines of several lengths and speeds, by a clock of the test's own. */
#include "tap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "bastion/channelwindow.h"

enum {
	SETTLED_MS = 5000,
	END_MS = 10000,
	FIRST = 32 * 1024, /* bytes that the server may send before the first read */
	SEGMENT = 1448,
};

struct line {
	int round_trip_ms;
	uint64_t rate; /* bytes a millisecond */
	bool shared;
	bool unmeasured; /* the kernel does not tell the round trip */
	int begins_ms;   /* when the server has something to send */
	bool waits;  /* its sshd sends the rest of a segment when all is acknowledged */
	bool hidden; /* the queue is in the bastion, where no acknowledgement passes it */
	int busy_ms; /* the broker is scheduled so late after each 60th read */
};

struct copy {
	uint64_t carried; /* bytes from SETTLED_MS to END_MS */
	int queue_ms;     /* the most that a byte of another channel waited then */
	uint32_t size;    /* of the window at the end */
};

/* The bytes that leave the server for the line in a millisecond, of what waits there. */
static uint64_t send_some(const struct line *line, uint64_t waiting, int ms, int *sent_ms)
{
	uint64_t now = waiting < line->rate ? waiting : line->rate;

	if (ms < line->begins_ms)
		return 0;
	if (line->waits && now == waiting && ms - *sent_ms < line->round_trip_ms)
		now -= now % SEGMENT;
	if (now > 0)
		*sent_ms = ms;
	return now;
}

/* The server sends all that the window lets it, at the line's rate.  What it may send
 * and cannot yet is the queue, which the acknowledgements of the client's packets pass.
 */
static struct copy run(const struct line *line)
{
	struct channelwindow w = channelwindow_start();
	int half = line->round_trip_ms / 2;
	uint64_t *granted = xcalloc(2 * END_MS, sizeof(*granted));
	uint64_t *sent = xcalloc(2 * END_MS, sizeof(*sent));
	bool *asked = xcalloc(2 * END_MS, sizeof(*asked));
	int *trips = xcalloc(2 * END_MS + 1, sizeof(*trips));
	uint64_t credit = FIRST, open = FIRST, arrived = 0;
	int64_t trip_us = line->round_trip_ms * 1000;
	struct copy copy = { .carried = 0 };
	int sent_ms = -1000, reads = 0, free_ms = 0;
	bool unread = true; /* before a byte came, too */

	for (int ms = 0; ms < END_MS; ms++) {
		uint64_t now = send_some(line, credit, ms, &sent_ms);
		int queue_ms = ms < line->begins_ms ? 0 : (int)(credit / line->rate);
		uint32_t more = 0;

		credit += granted[ms] - now;
		if (asked[ms] && ms + half + queue_ms < 2 * END_MS)
			trips[ms + half + queue_ms] =
				2 * half + (line->hidden ? 0 : queue_ms);
		if (trips[ms] != 0)
			trip_us += (trips[ms] * 1000 - trip_us) / 8; /* RFC 6298, 2.3 */
		sent[ms + half] += now;
		arrived += sent[ms];
		open -= sent[ms];
		unread = unread || sent[ms] > 0;
		if (unread && ms >= free_ms) {
			unread = false;
			if (++reads % 60 == 0)
				free_ms = ms + line->busy_ms;
			more = channelwindow_grant(
				&w, &(struct channelwindow_state){
					    .arrived = arrived,
					    .open = (uint32_t)open,
					    .shared = line->shared,
					    .least_trip_us =
						    line->unmeasured ?
							    -1 :
							    line->round_trip_ms * 1000,
					    .trip_us = trip_us,
					    .now_ms = 1000 + ms });
		}
		granted[ms + 1 + half] += more;
		asked[ms + 1 + half] = more > 0 || ms % 100 == 0; /* a key, too */
		open += more;
		if (ms >= SETTLED_MS) {
			copy.carried += sent[ms];
			copy.queue_ms =
				queue_ms > copy.queue_ms ? queue_ms : copy.queue_ms;
		}
		copy.size = w.size;
	}
	free(granted);
	free(sent);
	free(asked);
	free(trips);
	return copy;
}

static bool is_full_speed(const struct copy *copy, const struct line *line)
{
	return copy->carried >= line->rate * (END_MS - SETTLED_MS) * 95 / 100;
}

static void beside_others(void)
{
	static const int trips[] = { 2, 40, 100, 300 };
	static const uint64_t rates[] = { 1250, 6250, 12500, 125000 };

	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4; k++) {
			struct line line = { .round_trip_ms = trips[i],
				             .rate = rates[k],
				             .shared = true };
			struct copy copy = run(&line);
			int slack = trips[i] / 4 > 10 ? trips[i] / 4 : 10;
			bool least = copy.size <= CHANNELWINDOW_LEAST;
			bool most = line.rate * (uint64_t)line.round_trip_ms >
			            CHANNELWINDOW_MOST;

			ok(is_full_speed(&copy, &line) || most,
			   "beside another channel a copy has the whole line, %d ms and "
			   "%d bytes a ms",
			   trips[i], (int)rates[k]);
			ok(least || copy.queue_ms <= slack * 2 ||
			           copy.queue_ms <= trips[i] * 4 / 5,
			   "and a key waits for it %d ms at most, on a line of %d ms",
			   copy.queue_ms, trips[i]);
		}
	}
}

/* What takes long besides a queue on the line. */
static void no_queue(void)
{
	static const struct line lines[] = {
		{ .round_trip_ms = 40, .rate = 6250, .shared = true, .waits = true },
		{ .round_trip_ms = 40, .rate = 6250, .shared = true, .begins_ms = 2000 },
		{ .round_trip_ms = 40,
		  .rate = 6250,
		  .shared = true,
		  .waits = true,
		  .begins_ms = 2000 },
		{ .round_trip_ms = 40, .rate = 6250, .shared = true, .hidden = true },
		{ .round_trip_ms = 40, .rate = 6250, .shared = true, .busy_ms = 20 },
		{ .round_trip_ms = 100,
		  .rate = 12500,
		  .shared = true,
		  .waits = true,
		  .busy_ms = 30 },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct copy copy = run(&lines[i]);

		ok(copy.carried >= lines[i].rate * (END_MS - SETTLED_MS) * 90 / 100,
		   "a copy has the whole line (%d %%) where it begins after %d ms, %s, "
		   "the "
		   "broker busy for %d ms",
		   (int)(copy.carried * 100 / (lines[i].rate * (END_MS - SETTLED_MS))),
		   lines[i].begins_ms,
		   lines[i].waits ? "sshd waiting with small segments" : "sshd at once",
		   lines[i].busy_ms);
		ok(copy.queue_ms <= lines[i].round_trip_ms / 2 + 5 + lines[i].busy_ms,
		   "a key waits for it %d ms at most", copy.queue_ms);
	}
}

int main(void)
{
	struct line alone = { .round_trip_ms = 40, .rate = 6250 };
	struct line unmeasured = {
		.round_trip_ms = 40, .rate = 6250, .shared = true, .unmeasured = true
	};
	struct channelwindow w = channelwindow_start();
	struct copy copy;

	beside_others();
	no_queue();
	copy = run(&alone);
	ok(copy.size == CHANNELWINDOW_MOST, "alone the window becomes the largest");
	copy = run(&unmeasured);
	ok(copy.size == CHANNELWINDOW_MOST,
	   "where no round trip is known the window becomes the largest");
	ok(channelwindow_grant(&w, &(struct channelwindow_state){ .open = FIRST,
	                                                          .now_ms = 1 }) > FIRST,
	   "the first read widens the window");
	ok(channelwindow_grant(&w,
	                       &(struct channelwindow_state){ .arrived = 1000,
	                                                      .open = 8 * FIRST - 1000,
	                                                      .now_ms = 2 }) == 0,
	   "a few bytes more do not");
	return done_testing();
}
