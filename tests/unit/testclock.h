/* SPDX-License-Identifier: MIT */
/* testclock.h - a clock that only the test moves: include it in one file of the program,
 * in which it takes the place of clock_gettime(2). */
#ifndef TESTCLOCK_H
#define TESTCLOCK_H

#include <stdint.h>
#include <time.h>

static int64_t testclock_ms = INT64_C(1000000000);

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (clock == CLOCK_REALTIME) /* of which files are stamped */
		return timespec_get(ts, TIME_UTC) == TIME_UTC ? 0 : -1;
	ts->tv_sec = (time_t)(testclock_ms / 1000);
	ts->tv_nsec = (long)(testclock_ms % 1000) * 1000000;
	return 0;
}

#endif
