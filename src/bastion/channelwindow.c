/* SPDX-License-Identifier: MIT */
#include "bastion/channelwindow.h"

enum {
	START = 256 * 1024,
	QUEUE_US = 10000, /* that others may wait behind this channel, */
	QUEUE_PART = 4,   /* or this part of a round trip */
	USED_TIMES = 2,   /* a window that takes longer, with no queue, is not used up */
};

struct channelwindow channelwindow_start(void)
{
	return (struct channelwindow){ .size = START };
}

/* A full window has arrived. */
static void resize(struct channelwindow *w, const struct channelwindow_state *state)
{
	int64_t least = state->least_trip_us;
	int64_t slack = least / QUEUE_PART > QUEUE_US ? least / QUEUE_PART : QUEUE_US;
	int64_t wanted = least + slack;
	uint64_t size = (uint64_t)w->size * 2;

	if (state->shared && least >= 0) {
		/* The server did not use it: a larger one would be a queue later. */
		if (state->trip_us < wanted &&
		    (state->now_ms - w->marked_ms) * 1000 > USED_TIMES * wanted)
			return;
		size = (uint64_t)w->size * (uint64_t)wanted / (uint64_t)state->trip_us;
	}
	if (size < CHANNELWINDOW_LEAST)
		size = CHANNELWINDOW_LEAST;
	w->size = size < CHANNELWINDOW_MOST ? (uint32_t)size : CHANNELWINDOW_MOST;
}

uint32_t channelwindow_grant(struct channelwindow *w,
                             const struct channelwindow_state *state)
{
	uint32_t more;

	if (w->marked_ms != 0 && state->arrived >= w->mark) {
		resize(w, state);
		w->marked_ms = 0;
	}
	/* Not for each packet; nor so late that the bastion waits for it. */
	if (state->open > w->size / 8 * 7)
		return 0;
	more = w->size - state->open;
	if (w->marked_ms == 0) {
		w->mark = state->arrived + state->open + more;
		w->marked_ms = state->now_ms;
	}
	return more;
}
