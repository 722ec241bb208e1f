/* SPDX-License-Identifier: MIT */
/* How long the parent process has been running. */

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "connect/callerage.h"
#include "tap.h"

enum { PAUSE_MS = 300, TICK_MS = 10, MUCH_MS = 60000 };

/* A parent with this name that starts a child after a pause: what the child is told. */
static int64_t told_after_pause(const char *name)
{
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int64_t age = -1;
	int ends[2];

	if (pipe(ends) == -1)
		return -1;
	if (fork() == 0) {
		(void)prctl(PR_SET_NAME, name);
		(void)nanosleep(&pause, NULL);
		if (fork() == 0) {
			age = callerage_ms();
			_exit(write(ends[1], &age, sizeof(age)) != sizeof(age));
		}
		(void)wait(NULL);
		_exit(0);
	}
	(void)close(ends[1]);
	if (read(ends[0], &age, sizeof(age)) != sizeof(age))
		age = -1;
	(void)close(ends[0]);
	(void)wait(NULL);
	return age;
}

int main(void)
{
	static const char *const names[] = { "ssh", "a b) S 1 2 (", ")" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int64_t age = told_after_pause(names[i]);

		ok(age >= PAUSE_MS - TICK_MS && age < MUCH_MS,
		   "the age of a parent called \"%s\" is told", names[i]);
	}
	return done_testing();
}
