/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "base/deadline.h"

static int64_t clock_ms(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t deadline_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t deadline_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

struct deadline deadline_in(int64_t ms)
{
	return (struct deadline){ .at_ms = deadline_now_ms() + ms };
}

struct deadline deadline_within(struct deadline when, int64_t ms)
{
	struct deadline step = deadline_in(ms);

	return step.at_ms < when.at_ms ? step : when;
}

int deadline_left(struct deadline when)
{
	int64_t left = when.at_ms - deadline_now_ms();

	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

bool deadline_passed(struct deadline when)
{
	return deadline_left(when) == 0;
}

void deadline_limit(int64_t at_ms, int *wait_ms)
{
	int left = deadline_left((struct deadline){ .at_ms = at_ms });

	if (left < *wait_ms)
		*wait_ms = left;
}

void deadline_sleep(struct deadline when, int64_t ms)
{
	(void)poll(NULL, 0, deadline_left(deadline_within(when, ms)));
}
