/* SPDX-License-Identifier: MIT */
#include "bastion/channelwindow.h"

enum {
	START = 256 * 1024,
	QUEUE_US = 10000, /* that others may wait behind this channel, */
	QUEUE_PART = 4,   /* or this part of a round trip */
	GRANT_US = 15000, /* a window takes longer, since it is granted by parts */
};

struct channelwindow channelwindow_start(void)
{
	return (struct channelwindow){ .size = START };
}

/*
 * How long the bytes of the channel are on their way, queues included: what the kernel's
 * round trips say; and for a queue in the bastion's buffers, which those do not pass, the
 * time of a full window.  Of three, since one may be slow without a queue: the server had
 * nothing to send, or sshd held the end back until the rest was acknowledged (RFC 896).
 */
static int64_t lag_us(struct channelwindow *w, const struct channelwindow_state *state)
{
	int64_t took = (state->now_ms - w->marked_ms) * 1000;
	int64_t least = took < w->took_us[0] ? took : w->took_us[0];

	if (w->took_us[1] < least)
		least = w->took_us[1];
	w->took_us[1] = w->took_us[0];
	w->took_us[0] = took;
	least -= GRANT_US;
	return least > state->trip_us ? least : state->trip_us;
}

/* A full window has arrived. */
static void resize(struct channelwindow *w, const struct channelwindow_state *state)
{
	int64_t least = state->least_trip_us;
	int64_t slack = least / QUEUE_PART > QUEUE_US ? least / QUEUE_PART : QUEUE_US;
	uint64_t size = (uint64_t)w->size * 2;

	if (state->shared && least >= 0)
		size = (uint64_t)w->size * (uint64_t)(least + slack) /
		       (uint64_t)lag_us(w, state);
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
