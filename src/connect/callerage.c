/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "connect/callerage.h"

#ifdef __linux__

enum { STARTTIME = 22 - 2 }; /* its field of proc_pid_stat(5), behind "pid (comm)" */

/* The file of the parent, as a string; false: there is none. */
static bool read_parents(const char *file, char *text, size_t size)
{
	char path[48];
	ssize_t got = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)getppid(), file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		got = read(fd, text, size - 1);
		(void)close(fd);
	}
	if (got <= 0)
		return false;
	text[got] = '\0';
	return true;
}

/* Clock ticks between the system's start and the parent's; -1: unknown. */
static long long started_ticks(void)
{
	char text[1024];
	const char *at;

	if (!read_parents("stat", text, sizeof(text)))
		return -1;
	at = strrchr(text, ')'); /* comm may have blanks and brackets */
	for (int field = 0; at != NULL && field < STARTTIME; field++)
		at = strchr(at + 1, ' ');
	return at == NULL ? -1 : strtoll(at, NULL, 10);
}

int64_t callerage_ms(void)
{
	long long ticks = started_ticks();
	long per_second = sysconf(_SC_CLK_TCK);
	struct timespec now;
	int64_t age;

	if (ticks < 0 || per_second <= 0 || clock_gettime(CLOCK_BOOTTIME, &now) == -1)
		return 0;
	age = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 -
	      ticks * 1000 / per_second;
	return age > 0 ? age : 0;
}

/* The second number of the file, in nanoseconds (sched-stats in the kernel's
 * documentation). */
int64_t callerage_queued_ms(void)
{
	char text[128];
	const char *at;

	if (!read_parents("schedstat", text, sizeof(text)))
		return 0;
	at = strchr(text, ' ');
	return at == NULL ? 0 : strtoll(at, NULL, 10) / 1000000;
}

#else

int64_t callerage_ms(void)
{
	return 0;
}

int64_t callerage_queued_ms(void)
{
	return 0;
}

#endif
