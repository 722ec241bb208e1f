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
};

struct line {
	int round_trip_ms;
	uint64_t rate; /* bytes a millisecond */
	bool shared;
	bool unmeasured; /* the kernel does not tell the round trip */
};

struct copy {
	uint64_t carried; /* bytes from SETTLED_MS to END_MS */
	uint32_t open;    /* the largest window in that time */
};

/* The server sends all that the window lets it, at the line's rate. */
static struct copy run(const struct line *line)
{
	struct channelwindow w = channelwindow_start();
	uint64_t *granted = xcalloc(END_MS + 1000, sizeof(*granted));
	uint64_t *sent = xcalloc(END_MS + 1000, sizeof(*sent));
	uint64_t credit = FIRST, open = FIRST, arrived = 0;
	struct copy copy = { .carried = 0 };

	for (int ms = 0; ms < END_MS; ms++) {
		uint64_t now = credit < line->rate ? credit : line->rate;
		uint32_t more = 0;

		credit += granted[ms] - now;
		sent[ms + line->round_trip_ms / 2] += now;
		arrived += sent[ms];
		open -= sent[ms];
		if (sent[ms] > 0)
			more = channelwindow_grant(
				&w, &(struct channelwindow_state){
					    .arrived = arrived,
					    .open = (uint32_t)open,
					    .shared = line->shared,
					    .round_trip_ms = line->unmeasured ?
			                                             -1 :
			                                             line->round_trip_ms,
					    .now_ms = 1000 + ms });
		granted[ms + 1 + line->round_trip_ms / 2] += more;
		open += more;
		if (ms >= SETTLED_MS) {
			copy.carried += sent[ms];
			copy.open = open > copy.open ? (uint32_t)open : copy.open;
		}
	}
	free(granted);
	free(sent);
	return copy;
}

static bool is_full_speed(const struct copy *copy, const struct line *line)
{
	return copy->carried >= line->rate * (END_MS - SETTLED_MS) * 95 / 100;
}

/* How long a byte of another channel waits for what is in flight. */
static int delay_ms(const struct copy *copy, const struct line *line)
{
	return (int)(copy->open / line->rate);
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
			bool least = copy.open <= CHANNELWINDOW_LEAST;
			bool most = line.rate * (uint64_t)line.round_trip_ms >
			            CHANNELWINDOW_MOST;

			ok(is_full_speed(&copy, &line) || most,
			   "beside another channel a copy has the whole line, %d ms and "
			   "%d "
			   "bytes a ms",
			   trips[i], (int)rates[k]);
			ok(least || delay_ms(&copy, &line) <= trips[i] + slack + 2,
			   "and a key waits hardly longer than a round trip (%d ms)",
			   delay_ms(&copy, &line));
		}
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
	copy = run(&alone);
	ok(copy.open == CHANNELWINDOW_MOST, "alone the window becomes the largest");
	copy = run(&unmeasured);
	ok(copy.open == CHANNELWINDOW_MOST,
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
