/* SPDX-License-Identifier: MIT */
/*
 * cxssh-proxy TARGET PORT - the ProxyCommand of one ssh session: get a connected
 * descriptor (connect/connect.h) and hand it to ssh.  cxssh does what needs the API or a
 * bastion.
 */

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/parse.h"
#include "base/sshaddress.h"
#include "connect/connect.h"
#include "connect/pump.h"
#include "connect/seccomp.h"
#include "connect/server.h"
#include "connect/stderrwords.h"
#include "net/fdpass.h"
#include "runtime/hardening.h"
#include "runtime/log.h"
#include "runtime/paths.h"

/* Clients give up after 10 s; the reason must reach them before. */
enum { GIVE_UP_MS = 9500 };

/* The proxy reads no configuration; cxssh keeps the log to its log-size. */
enum { LOG_MAX = 16 << 20 };

/* A renewal may go on; the kernel is to collect it. */
static void forget_children(void)
{
	(void)signal(SIGCHLD, SIG_IGN);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static int serve(const char *target, uint16_t port, struct error *err)
{
	struct connect_options config = {
		.port = port,
		.caller = STDIN_FILENO,
		.until = deadline_in(GIVE_UP_MS),
	};
	int fd = connect_target(target, &config, err);
	int rc;

	if (fd == -1)
		return -1;
	if (fdpass_wanted(STDIN_FILENO, STDOUT_FILENO)) {
		rc = fdpass_send(STDOUT_FILENO, fd, err);
		log_step("%s", rc == 0 ? "handed to ssh" : err->text);
	} else {
		log_step("carrying bytes");
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
	static const int defaults[] = { SIGHUP, SIGINT, SIGTERM, SIGCHLD };
	sigset_t none;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		(void)signal(defaults[i], SIG_DFL);
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

int main(int argc, char *argv[])
{
	struct error err = ERROR_INIT;

	fd_fill_standard();
	close_inherited();
	(void)umask(077);
	set_signals();
	if (run(argc, argv, &err) == 0)
		return 0;
	log_step("failed: %s", err.text);
	/* It may hold words of the API. */
	(void)fprintf(stderr, "cxssh: %s\n",
	              stderr_is_safe(err.text) ? err.text : "failed; run: cxssh why");
	return error_exit_status(err.code);
}
