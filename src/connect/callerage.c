/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "connect/callerage.h"

#ifdef __linux__

enum { STARTTIME = 22 - 2 }; /* its field of proc_pid_stat(5), behind "pid (comm)" */

static ssize_t read_stat(char *text, size_t size)
{
	char path[32];
	ssize_t got = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		got = read(fd, text, size);
		(void)close(fd);
	}
	return got;
}

/* Clock ticks between the system's start and the parent's; -1: unknown. */
static long long started_ticks(void)
{
	char text[1024];
	ssize_t got = read_stat(text, sizeof(text) - 1);
	const char *at;

	if (got <= 0)
		return -1;
	text[got] = '\0';
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

#else

int64_t callerage_ms(void)
{
	return 0;
}

#endif
