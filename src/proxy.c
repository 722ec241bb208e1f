/* SPDX-License-Identifier: MIT */
/*
 * cxssh-proxy --claims NAME - does NAME lead to a host of the fleet (connect/claims.h)?
 * By its exit status.
 *
 * cxssh-proxy TARGET PORT - the ProxyCommand of one ssh session: get a connected
 * descriptor (connect/connect.h) and hand it to ssh.  cxssh does what needs the API or a
 * bastion.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/parse.h"
#include "base/sshaddress.h"
#include "connect/callerage.h"
#include "connect/claims.h"
#include "connect/connect.h"
#include "connect/helper.h"
#include "connect/pump.h"
#include "connect/reason.h"
#include "connect/seccomp.h"
#include "connect/server.h"
#include "net/fdpass.h"
#include "runtime/hardening.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/waiting.h"

/* Clients give up after 10 s; the reason must reach them before. */
enum { GIVE_UP_MS = 8800 };

/* An ssh that has run for longer before it starts the proxy has waited for its user (the
 * PIN of a token): no program that gives up after 10 s is behind it. */
enum { READ_CONFIG_MS = 6000 };

/* An ssh that has waited for a processor for so long is on a computer with more to do
 * than it can, like one that starts 200 of them: so much time it has instead. */
enum { QUEUED_MS = 250, OVERLOADED_MS = 60000 };

/* ssh itself has no such limit: where the user can see for what, it waits for a lease. */
enum { OPENING_MS = 120000 };

/* The proxy reads no configuration; cxssh keeps the log to its log-size. */
enum { LOG_MAX = 16 << 20 };

/* Ctrl-C: what was started for this connection ends with it. */
static void on_end(int number)
{
	helper_kill_running();
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void set_end(void (*handler)(int))
{
	static const int ends[] = { SIGHUP, SIGINT, SIGTERM };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)signal(ends[i], handler);
}

/* A renewal may go on; the kernel is to collect it. */
static void forget_children(void)
{
	(void)signal(SIGCHLD, SIG_IGN);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* When to give up: what ssh has spent on its configuration is part of the 10 s. */
static struct deadline give_up(bool is_ssh, bool overloaded)
{
	int64_t spent = is_ssh ? callerage_ms() : 0;

	if (overloaded)
		return deadline_in(OVERLOADED_MS);
	if (spent > READ_CONFIG_MS)
		spent = 0;
	return deadline_in(GIVE_UP_MS - spent);
}

static bool connected; /* a byte of the server may have been passed on */

static int serve(const char *target, uint16_t port, struct error *err)
{
	bool is_ssh = fdpass_wanted_at_start(STDIN_FILENO, STDOUT_FILENO);
	bool patient = is_ssh && waiting_is_seen();
	bool overloaded = is_ssh && callerage_queued_ms() >= QUEUED_MS;
	struct connect_options config = {
		.port = port,
		.caller = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.until = give_up(is_ssh, overloaded),
		.opening_ms = patient ? OPENING_MS : 0,
		.overloaded = overloaded,
	};
	int fd;
	int rc;

	if (overloaded)
		log_step("this computer is overloaded: ssh has waited for a processor");
	fd = connect_target(target, &config, err);
	if (fd == -1)
		return -1;
	connected = true;
	if (fdpass_wanted(STDIN_FILENO, STDOUT_FILENO)) {
		rc = fdpass_send(STDOUT_FILENO, fd, err);
		log_step("%s", rc == 0 ? "handed to ssh" : err->text);
	} else {
		log_step("carrying bytes");
		set_end(SIG_DFL);
		forget_children();
		(void)setsid(); /* a Ctrl-C for a later client must not end this session
		                 */
		hardening_forget();
		(void)pumpfilter_set();
		rc = pump_run(STDIN_FILENO, STDOUT_FILENO, fd, err);
	}
	(void)close(fd);
	return rc;
}

/* A descriptor that the client leaked would keep its other end open. */
static void close_inherited(void)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
	closefrom(3);
#else
	for (int fd = 3; fd < 256; fd++)
		(void)close(fd);
#endif
}

static void set_signals(void)
{
	sigset_t none;

	set_end(on_end);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int run(int argc, char *argv[], struct error *err)
{
	uint16_t port = SSH_PORT;

	if (argc < 2 || argc > 3)
		return error_set(err, ERROR_USAGE,
		                 "usage: cxssh-proxy TARGET [PORT], as ssh runs it");
	if (argc == 3 && parse_port(argv[2], &port, err) == -1)
		return -1;
	if (paths_check(err) == -1)
		return -1;
	log_start("cxssh-proxy", argv[1], LOG_MAX);
	return serve(argv[1], port, err);
}

/* Tell the client why; on stderr only where it cannot be told inside the protocol.  After
 * Ctrl-C there is no client any more, and nothing to tell. */
static void fail(const struct error *err)
{
	char line[REASON_LINE_MAX + 1];

	if (err->code == ERROR_CLIENT_GONE)
		return;
	reason_line(err, line);
	if (connected || reason_send(STDIN_FILENO, STDOUT_FILENO, line) == -1)
		(void)fprintf(stderr, "%s\n", line);
}

int main(int argc, char *argv[])
{
	struct error err = ERROR_INIT;

	fd_fill_standard();
	close_inherited();
	(void)umask(077);
	set_signals();
	if (argc == 3 && strcmp(argv[1], "--claims") == 0)
		return claims_name(argv[2]) ? 0 : 1;
	if (run(argc, argv, &err) == 0)
		return 0;
	paths_shorten_text(err.text);
	log_step("failed: %s", err.text);
	fail(&err);
	return error_exit_status(err.code);
}
