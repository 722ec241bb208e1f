/* SPDX-License-Identifier: MIT */
/*
 * deadline.h - a moment on the monotonic clock, and the poll(2) timeout to it.
 *
 * One deadline is made per user-visible operation and handed down, so that
 * several slow steps cannot add up to more than the operation may take.
 */
#ifndef BASE_DEADLINE_H
#define BASE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t at_ms;
};

/* Milliseconds on a clock that only goes forward; its zero means nothing. */
int64_t deadline_now_ms(void);

struct deadline deadline_in(int64_t ms);

/* The sooner of when and ms from now: a step's own limit inside the whole. */
struct deadline deadline_within(struct deadline when, int64_t ms);

/* Milliseconds left, never negative, never more than INT_MAX. */
int deadline_left(struct deadline when);

bool deadline_passed(struct deadline when);

/* Sleep for ms, or until the deadline if that is sooner.  Blocks. */
void deadline_sleep(struct deadline when, int64_t ms);

#endif
