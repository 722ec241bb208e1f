/* SPDX-License-Identifier: MIT */
/* How long the parent process has been running. */

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "connect/callerage.h"
#include "tap.h"

enum { PAUSE_MS = 300, SHARED_MS = 500, TICK_MS = 10, MUCH_MS = 60000 };

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

static void spin(int ms)
{
	struct deadline end = deadline_in(ms);

	while (!deadline_passed(end))
		;
}

/* How long a parent is said to have waited that has shared one processor with another
 * process for a while, or has slept. */
static int64_t queued_ms(bool shares)
{
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int64_t queued = -1;
	int ends[2];
	pid_t other = -1;

	if (pipe(ends) == -1)
		return -1;
	if (fork() == 0) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(sched_getcpu(), &one);
		if (shares && sched_setaffinity(0, sizeof(one), &one) == 0 &&
		    (other = fork()) == 0)
			for (;;)
				spin(PAUSE_MS);
		if (shares)
			spin(SHARED_MS);
		else
			(void)nanosleep(&pause, NULL);
		if (other != -1)
			(void)kill(other, SIGKILL);
		if (fork() == 0) {
			queued = callerage_queued_ms();
			_exit(write(ends[1], &queued, sizeof(queued)) != sizeof(queued));
		}
		while (wait(NULL) != -1)
			;
		_exit(0);
	}
	(void)close(ends[1]);
	if (read(ends[0], &queued, sizeof(queued)) != sizeof(queued))
		queued = -1;
	(void)close(ends[0]);
	(void)wait(NULL);
	return queued;
}

static void test_queued(void)
{
	int64_t shared = queued_ms(true);
	int64_t slept = queued_ms(false);

	ok(shared >= SHARED_MS / 5 && shared < MUCH_MS,
	   "a parent that shares a processor has waited for it (%d ms)", (int)shared);
	ok(slept >= 0 && slept < shared, "one that sleeps has waited for less (%d ms)",
	   (int)slept);
}

int main(void)
{
	static const char *const names[] = { "ssh", "a b) S 1 2 (", ")" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int64_t age = told_after_pause(names[i]);

		ok(age >= PAUSE_MS - TICK_MS && age < MUCH_MS,
		   "the age of a parent called \"%s\" is told", names[i]);
	}
	test_queued();
	return done_testing();
}
