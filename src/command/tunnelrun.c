/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/strbuf.h"
#include "command/toolbelt.h"
#include "command/tunnelrun.h"
#include "route/routelease.h"
#include "runtime/log.h"

enum {
	FIRST_MS = 180 * 1000, /* for the first connection of --background */
	CHECK_MS = 200,
	PAUSE_MIN_MS = 1000,
	PAUSE_MAX_MS = 30000,
	GIVE_UP_MS = 60 * 60 * 1000, /* without a connection */
};

static int make_argv(struct tunnel *tunnel, struct error *err)
{
	static const char *const set[] = {
		"ExitOnForwardFailure=yes",
		"ControlMaster=no",
		"ControlPath=none",
		"StreamLocalBindUnlink=yes",
		"ServerAliveInterval=15",
		"ServerAliveCountMax=3",
		/* ssh runs this command when all ports are open; its output goes into the
		 * pipe. */
		"PermitLocalCommand=yes",
		"LocalCommand=echo connected",
	};
	struct strvec *argv = &tunnel->argv;

	if (toolbelt_begin("ssh", argv, err) == -1)
		return -1;
	strvec_push(argv, "-N");
	strvec_push(argv, "-T");
	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		strvec_pushf(argv, "-o%s", set[i]);
	if (tunnel->background)
		strvec_push(argv, "-oBatchMode=yes");
	for (size_t i = 0; i < tunnel->state.forwards.locals.count; i++)
		strvec_pushf(argv, "-L%s:%s", tunnel->state.forwards.locals.items[i],
		             tunnel->state.forwards.remotes.items[i]);
	strvec_push(argv, tunnel->state.host);
	return 0;
}

static volatile sig_atomic_t is_stopped;

static void on_signal(int signal)
{
	(void)signal;
	is_stopped = 1;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

/* The exit status of ssh; -1 while it runs. */
static int ended(int pid)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int end_child(int pid)
{
	int status;

	(void)kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return 0;
}

static void print_forwards(const struct tunnel *tunnel, FILE *to)
{
	for (size_t i = 0; i < tunnel->state.forwards.locals.count; i++)
		(void)fprintf(to, "%s leads to %s of %s\n",
		              tunnel->state.forwards.locals.items[i],
		              tunnel->state.forwards.remotes.items[i],
		              tunnel->state.host);
	(void)fflush(to);
}

static void note_state(struct tunnel *tunnel, bool connected)
{
	struct error err = ERROR_INIT;

	tunnel->state.connected = connected;
	tunnel->state.since = routelease_now();
	if (tunnelstate_write(&tunnel->state, &err) == -1)
		log_step("tunnel: %s", err.text);
}

/* The ports are open: note it, print them, and close *ready, for --background. */
static void on_connected(struct tunnel *tunnel, int *ready)
{
	note_state(tunnel, true);
	if (!tunnel->background)
		print_forwards(tunnel, stdout);
	if (*ready != -1)
		(void)close(*ready);
	*ready = -1;
}

/* Run ssh until it or the tunnel ends.  Returns its exit status, and sets *connected when
 * the ports are open. */
static int run_once(struct tunnel *tunnel, int *ready, int errors, bool *connected,
                    struct error *err)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int ends[2] = { -1, -1 };
	int status = -1;
	int pid = -1;
	char bytes[64];

	if (null == -1 || fd_pipe(ends) == -1)
		error_errno(err, ERROR_INTERNAL, "no pipe");
	else
		pid = toolbelt_start(&tunnel->argv, (int[]){ null, ends[1], errors },
		                     err);
	(void)close(null);
	(void)close(ends[1]);
	while (pid != -1 && status == -1 && !is_stopped) {
		struct pollfd pfd = { *connected ? -1 : ends[0], POLLIN, 0 };

		if (poll(&pfd, 1, CHECK_MS) == 1 && !*connected &&
		    read(ends[0], bytes, sizeof(bytes)) > 0) {
			*connected = true;
			on_connected(tunnel, ready);
		}
		status = ended(pid);
	}
	if (pid != -1 && status == -1)
		status = end_child(pid);
	(void)close(ends[0]);
	return pid == -1 ? -1 : status;
}

static void pause_for(int ms)
{
	struct deadline until = deadline_in(ms);

	while (deadline_left(until) > 0 && !is_stopped)
		(void)poll(NULL, 0, CHECK_MS);
}

/* Run ssh, and again whenever the connection is lost.  Returns the status of the first
 * ssh where that did not connect; 0 when a signal ends the tunnel. */
static int keep_connected(struct tunnel *tunnel, int *ready, int errors,
                          struct error *err)
{
	struct deadline give_up = deadline_in(GIVE_UP_MS);
	int pause = PAUSE_MIN_MS;

	for (bool first = true;; first = false) {
		bool connected = false;
		int status = run_once(tunnel, ready, errors, &connected, err);

		if (status == -1 || is_stopped)
			return is_stopped ? 0 : -1;
		if (first && !connected)
			return status;
		if (connected) {
			pause = PAUSE_MIN_MS;
			give_up = deadline_in(GIVE_UP_MS);
		} else if (deadline_left(give_up) == 0) {
			return error_set(err, ERROR_UNAVAILABLE,
			                 "%s was not reached for an hour",
			                 tunnel->state.host);
		}
		if (connected)
			note_state(tunnel, false);
		if (connected && !tunnel->background)
			(void)fprintf(stderr,
			              "cxssh: the connection to %s is lost; the tunnel "
			              "connects again\n",
			              tunnel->state.host);
		pause_for(pause);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	}
}

static int serve(struct tunnel *tunnel, int *ready, int errors, struct error *err)
{
	int lock;
	int rc;

	catch_signals();
	lock = tunnelstate_begin(err);
	if (lock == -1)
		return -1;
	note_state(tunnel, false);
	rc = keep_connected(tunnel, ready, errors, err);
	tunnelstate_end(lock);
	return rc;
}

/* ---- --background ---- */

/* Write to the parent why it failed, then the status. */
static void report(int ready, int errors, int status, const struct error *err)
{
	char text[4096];
	ssize_t n = pread(errors, text, sizeof(text), 0);

	if (ready == -1)
		return;
	if (n > 0)
		(void)!write(ready, text, (size_t)n);
	if (err->code != ERROR_NONE)
		(void)dprintf(ready, "cxssh: %s\n", err->text);
	(void)!write(ready, &(unsigned char){ (unsigned char)status }, 1);
}

static void become_background(struct tunnel *tunnel, int ready)
{
	struct error err = ERROR_INIT;
	FILE *errors = tmpfile();
	int null = open("/dev/null", O_RDWR);
	int rc;

	(void)setsid();
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)!chdir("/");
	if (errors == NULL) {
		error_errno(&err, ERROR_INTERNAL, "no temporary file");
		_exit(1);
	}
	(void)fcntl(fileno(errors), F_SETFL, O_APPEND);
	rc = serve(tunnel, &ready, fileno(errors), &err);
	if (rc != 0)
		report(ready, fileno(errors), rc == -1 ? error_exit_status(err.code) : rc,
		       &err);
	_exit(rc == 0 ? 0 : 1);
}

/* Print what the child reports and return its last byte, the status.  A child that is
 * connected closes the pipe without a report: 0. */
static int read_report(int ready, int pid, struct error *err)
{
	struct deadline until = deadline_in(FIRST_MS);
	struct strbuf text = STRBUF_INIT;
	char bytes[4096];
	int status = 0;

	for (;;) {
		struct pollfd pfd = { ready, POLLIN, 0 };
		ssize_t n;

		if (poll(&pfd, 1, deadline_left(until)) == 0) {
			strbuf_release(&text);
			(void)kill(pid, SIGTERM);
			return error_set(err, ERROR_RETRY, "not connected in time");
		}
		n = read(ready, bytes, sizeof(bytes));
		if (n == 0)
			break;
		if (n > 0)
			strbuf_add(&text, bytes, (size_t)n);
	}
	if (text.len > 0) {
		status = (unsigned char)text.data[text.len - 1];
		(void)fwrite(text.data, 1, text.len - 1, stderr);
	}
	strbuf_release(&text);
	return status;
}

static int run_in_background(struct tunnel *tunnel, struct error *err)
{
	int ends[2];
	int status;
	pid_t pid;

	if (fd_pipe(ends) == -1)
		return error_errno(err, ERROR_INTERNAL, "no pipe");
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		become_background(tunnel, ends[1]);
	}
	(void)close(ends[1]);
	if (pid == -1) {
		(void)close(ends[0]);
		return error_errno(err, ERROR_INTERNAL, "no process");
	}
	status = read_report(ends[0], (int)pid, err);
	(void)close(ends[0]);
	if (status == 0)
		print_forwards(tunnel, stdout);
	return status;
}

int tunnel_run(struct tunnel *tunnel, struct error *err)
{
	int none = -1;

	if (make_argv(tunnel, err) == -1)
		return -1;
	return tunnel->background ? run_in_background(tunnel, err) :
	                            serve(tunnel, &none, -1, err);
}

void tunnel_release(struct tunnel *tunnel)
{
	strvec_release(&tunnel->argv);
	tunnelstate_release(&tunnel->state);
}
