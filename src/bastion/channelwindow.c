/* SPDX-License-Identifier: MIT */
#include "bastion/channelwindow.h"

enum {
	START = 256 * 1024,
	QUEUE_MS = 10,  /* that others may wait behind this channel, */
	QUEUE_PART = 4, /* or this part of a round trip */
};

struct channelwindow channelwindow_start(void)
{
	return (struct channelwindow){ .size = START };
}

/* The full window took so long; where no round trip is known, that says nothing. */
static void resize(struct channelwindow *w, const struct channelwindow_state *state)
{
	int64_t took = state->now_ms - w->marked_ms;
	int64_t base = state->round_trip_ms;
	int64_t slack = base / QUEUE_PART > QUEUE_MS ? base / QUEUE_PART : QUEUE_MS;
	uint64_t size = (uint64_t)w->size * 2;

	if (state->shared && base >= 0 && took > base + slack / 2)
		size = (uint64_t)w->size * (uint64_t)(base + slack) / (uint64_t)took;
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
