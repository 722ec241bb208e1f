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

static void spin(int ms)
{
	struct deadline end = deadline_in(ms);

	while (!deadline_passed(end))
		;
}

/* What a child is told by ask, whose parent has lived as live says. */
static int64_t told_after(void (*live)(const char *), const char *name,
                          int64_t (*ask)(void))
{
	int64_t told = -1;
	int ends[2];

	if (pipe(ends) == -1)
		return -1;
	if (fork() == 0) {
		live(name);
		if (fork() == 0) {
			told = ask();
			_exit(write(ends[1], &told, sizeof(told)) != sizeof(told));
		}
		while (wait(NULL) != -1)
			;
		_exit(0);
	}
	(void)close(ends[1]);
	if (read(ends[0], &told, sizeof(told)) != sizeof(told))
		told = -1;
	(void)close(ends[0]);
	(void)wait(NULL);
	return told;
}

/* With this name, asleep. */
static void sleep_as(const char *name)
{
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };

	(void)prctl(PR_SET_NAME, name);
	(void)nanosleep(&pause, NULL);
}

/* On one processor with another process. */
static void share(const char *name)
{
	pid_t other = -1;
	cpu_set_t one;

	(void)name;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) == 0 && (other = fork()) == 0)
		for (;;)
			spin(PAUSE_MS);
	spin(SHARED_MS);
	if (other != -1)
		(void)kill(other, SIGKILL);
}

static void test_queued(void)
{
	int64_t shared = told_after(share, NULL, callerage_queued_ms);
	int64_t slept = told_after(sleep_as, "ssh", callerage_queued_ms);

	ok(shared >= SHARED_MS / 5 && shared < MUCH_MS,
	   "a parent that shares a processor has waited for it (%d ms)", (int)shared);
	ok(slept >= 0 && slept < shared, "one that sleeps has waited for less (%d ms)",
	   (int)slept);
}

int main(void)
{
	static const char *const names[] = { "ssh", "a b) S 1 2 (", ")" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int64_t age = told_after(sleep_as, names[i], callerage_ms);

		ok(age >= PAUSE_MS - TICK_MS && age < MUCH_MS,
		   "the age of a parent called \"%s\" is told", names[i]);
	}
	test_queued();
	return done_testing();
}
