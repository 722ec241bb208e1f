/* SPDX-License-Identifier: MIT */
/*
 * channelwindow.h - how many bytes the bastion may send on one channel before it waits
 * (the window of RFC 4254, 5.2).  All channels of a login share one TCP connection: what
 * a copy has in flight beyond what the line carries stands in a queue, and the keys of
 * the other sessions wait behind it.
 *
 * Alone, a channel's window grows to the largest.  Beside others it becomes what arrives
 * in a round trip and a little more: what the round trips and the times of full windows
 * are longer than the least round trip is a queue.  Nothing here blocks.
 */
#ifndef BASTION_CHANNELWINDOW_H
#define BASTION_CHANNELWINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CHANNELWINDOW_LEAST = 64 * 1024,
	CHANNELWINDOW_MOST = 8 * 1024 * 1024, /* src/doc/openssh.md 0.8 */
};

struct channelwindow {
	uint32_t size;      /* bytes */
	uint64_t mark;      /* the number of bytes that ends the window being timed */
	int64_t marked_ms;  /* when it was granted; 0: none is timed */
	int64_t took_us[2]; /* the times of the last two */
};

/* What is known when a channel is about to be read. */
struct channelwindow_state {
	uint64_t arrived;      /* bytes that came on the channel, read or not */
	uint32_t open;         /* bytes that the bastion may still send */
	bool shared;           /* the login has other channels */
	int64_t least_trip_us; /* the least round trip to the bastion; -1: not known */
	int64_t trip_us;       /* the last ones, on average */
	int64_t now_ms;
};

struct channelwindow channelwindow_start(void);

/* The number of bytes to add to the window now, 0 for none. */
uint32_t channelwindow_grant(struct channelwindow *w,
                             const struct channelwindow_state *state);

#endif
