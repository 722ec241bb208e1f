/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/deadline.h"
#include "base/error.h"
#include "base/strvec.h"
#include "cli/confirm.h"
#include "command/attach.h"
#include "command/toolbelt.h"

enum {
	PAUSE_MIN_MS = 1000,
	PAUSE_MAX_MS = 30000,
	GIVE_UP_MS = 60 * 60 * 1000,
	NOT_FOUND = 127, /* the shell's status for a missing program */
	LOST = 255,      /* ssh's for a failure of its own */
};

static volatile sig_atomic_t is_connected;

static void on_connected(int signal)
{
	(void)signal;
	is_connected = 1;
}

/* ssh's command line; when it is connected it sends SIGUSR1 to this process. */
static int make_argv(const struct strvec *ssh_options, const char *alias,
                     const char *name, struct strvec *argv, struct error *err)
{
	if (toolbelt_begin("ssh", argv, err) == -1)
		return -1;
	strvec_push(argv, "-oPermitLocalCommand=yes");
	strvec_pushf(argv, "-oLocalCommand=kill -USR1 %d", (int)getpid());
	strvec_push(argv, "-oControlPath=none");
	for (size_t i = 0; i < ssh_options->count; i++)
		strvec_push(argv, ssh_options->items[i]);
	strvec_push(argv, "-t");
	strvec_push(argv, alias);
	strvec_pushf(argv, "tmux new-session -A -s %s", name);
	return 0;
}

static int run_once(const struct strvec *argv, struct error *err)
{
	int pid = toolbelt_start(argv, (int[]){ -1, -1, -1 }, err);
	int status;

	if (pid == -1)
		return -1;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int keep_attached(const struct strvec *argv, const char *alias, struct error *err)
{
	struct deadline give_up = deadline_in(GIVE_UP_MS);
	int pause = PAUSE_MIN_MS;
	bool was_connected = false;

	for (;;) {
		int status;

		is_connected = 0;
		status = run_once(argv, err);
		was_connected = was_connected || is_connected;
		if (status != LOST || !was_connected)
			return status;
		if (is_connected) {
			give_up = deadline_in(GIVE_UP_MS);
			pause = PAUSE_MIN_MS;
		}
		if (deadline_left(give_up) == 0)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "%s was not reached for an hour", alias);
		(void)fprintf(stderr,
		              "\r\ncxssh: the connection to %s is lost; attaching again "
		              "(Ctrl-C ends)\r\n",
		              alias);
		(void)poll(NULL, 0, pause);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	}
}

int session_run(const struct strvec *ssh_options, const char *alias, const char *name,
                struct error *err)
{
	struct sigaction action = { .sa_handler = on_connected };
	struct strvec argv = STRVEC_INIT;
	int rc;

	if (!valid_uid(name))
		return error_set(err, ERROR_USAGE,
		                 "--session: a name has letters, digits, - and _ only");
	if (!confirm_is_possible())
		return error_set(err, ERROR_USAGE, "--session needs a terminal");
	(void)sigaction(SIGUSR1, &action, NULL);
	rc = make_argv(ssh_options, alias, name, &argv, err);
	if (rc == 0)
		rc = keep_attached(&argv, alias, err);
	if (rc == NOT_FOUND)
		rc = error_set(err, ERROR_NO_HOST, "tmux is not installed on %s", alias);
	strvec_release(&argv);
	return rc;
}
