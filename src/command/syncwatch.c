/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/select.h>
#include <time.h>

#include "base/error.h"
#include "cli/errorline.h"
#include "command/syncwatch.h"

enum { PAUSE_S = 300 };

static volatile sig_atomic_t ended; /* by SIGINT or SIGTERM, between two syncs */

static void on_signal(int number)
{
	if (number != SIGHUP)
		ended = 1;
}

/* Between two syncs the signals that end it are caught; in a sync they end it at once.
 * SIGHUP, for one more sync, is delivered between two. */
static void set_signals(bool working)
{
	static const int ends[] = { SIGINT, SIGTERM };
	sigset_t signals;

	(void)sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)sigaddset(&signals, ends[i]);
	(void)sigprocmask(working ? SIG_UNBLOCK : SIG_BLOCK, &signals, NULL);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)signal(ends[i], working ? SIG_DFL : on_signal);
}

/* Wait for the next sync of --watch, or for SIGHUP; false: the program is to end.  macOS
 * has no sigtimedwait(2). */
static bool wait_for_next(const sigset_t *asleep)
{
	const struct timespec pause = { .tv_sec = PAUSE_S };

	(void)pselect(0, NULL, NULL, NULL, &pause, asleep);
	return !ended;
}

int syncwatch_run(syncwatch_fn *sync, void *cookie)
{
	sigset_t hangup;
	sigset_t asleep;

	(void)sigemptyset(&hangup);
	(void)sigaddset(&hangup, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &hangup, &asleep);
	(void)sigdelset(&asleep, SIGHUP); /* as nohup(1) may have it */
	(void)signal(SIGHUP, on_signal);
	do {
		struct error err = ERROR_INIT;

		set_signals(true);
		if (sync(cookie, &err) == -1) {
			errorline_advise(&err, NULL);
			errorline_print(&err);
		}
		(void)fflush(stdout);
		set_signals(false);
	} while (wait_for_next(&asleep));
	return 0;
}
