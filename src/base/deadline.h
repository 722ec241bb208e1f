/* SPDX-License-Identifier: MIT */
/*
 * deadline.h - a point on the monotonic clock, and the poll(2) timeout until it.
 *
 * Each operation that a user waits for makes one deadline and passes it down, so that
 * several slow steps cannot add up to more than the operation may take.
 */
#ifndef BASE_DEADLINE_H
#define BASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t at_ms;
};

/* Milliseconds of CLOCK_MONOTONIC; only differences mean something. */
int64_t deadline_now_ms(void);

/* Milliseconds since the epoch: for times in files, which other processes compare. */
int64_t deadline_wall_ms(void);

struct deadline deadline_in(int64_t ms);

/* The earlier of when and ms from now. */
struct deadline deadline_within(struct deadline when, int64_t ms);

/* Milliseconds left, never negative, never more than INT_MAX. */
int deadline_left(struct deadline when);

bool deadline_passed(struct deadline when);

/* Lower *wait_ms, a poll(2) timeout, to the time that is left until at_ms. */
void deadline_limit(int64_t at_ms, int *wait_ms);

/* Sleep for ms, or until the deadline if that is sooner.  Blocks. */
void deadline_sleep(struct deadline when, int64_t ms);

#endif
