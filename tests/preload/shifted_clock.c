/* SPDX-License-Identifier: MIT */
/*
 * shifted_clock.c - time as a test wants it, for programs that are started with
 * LD_PRELOAD=shifted_clock.so and CLOCK_SHIFT=FILE.
 *
 * FILE has two numbers, seconds that are added to the time of day and to the time that
 * the machine has been up, sleep included (CLOCK_BOOTTIME).  It is mapped, so that a
 * test may let time jump in a running, confined program: write other
 * numbers over them, in one piece.  The time without sleep (CLOCK_MONOTONIC), by which
 * cxssh waits, stays as it is.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { SHIFT_MAX = 64 };

static const char *shift; /* the mapped file, or NULL */

__attribute__((constructor)) static void map_shift(void)
{
	const char *path = getenv("CLOCK_SHIFT");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = fd != -1 ? mmap(NULL, SHIFT_MAX, PROT_READ, MAP_SHARED, fd, 0) :
	                      MAP_FAILED;

	if (fd != -1)
		(void)close(fd);
	if (at != MAP_FAILED)
		shift = at;
}

static void read_shift(long *day, long *up)
{
	char text[SHIFT_MAX + 1] = "";
	char *end = text;

	if (shift != NULL)
		memcpy(text, shift, SHIFT_MAX);
	*day = strtol(text, &end, 10);
	*up = strtol(end, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	static int (*real)(clockid_t, struct timespec *);
	long day;
	long up;
	int rc;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	rc = real(id, ts);
	if (rc == -1 || (id != CLOCK_REALTIME && id != CLOCK_BOOTTIME))
		return rc;
	read_shift(&day, &up);
	ts->tv_sec += id == CLOCK_REALTIME ? day : up;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}
