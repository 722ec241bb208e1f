/* SPDX-License-Identifier: MIT */
/* cxssh - find the command, run it, report its error. */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/suggest.h"
#include "command/command.h"
#include "runtime/config.h"
#include "runtime/hardening.h"
#include "runtime/log.h"
#include "runtime/paths.h"

static const struct command {
	const char *name;
	command_fn *run;
	const char *summary; /* NULL: for cxssh-proxy, not shown */
} commands[] = {
	{ "login", command_login, "keep a token for the API" },
	{ "sync", command_sync, "write the ssh configuration for all servers and roles" },
	{ "list", command_list, "the servers and roles there are" },
	{ "show", command_show, "everything about one host" },
	{ "ssh", command_ssh, "ssh as the toolbelt's users type it" },
	{ "lease", command_lease, "open the firewall by hand" },
	{ "gateway", command_gateway,
	  "bastions: list them, set a key, close a connection" },
	{ "key", command_key, "the server keys in ~/.ssh" },
	{ "hostkey", command_hostkey,
	  "the host keys that are known: list them, forget one" },
	{ "why", command_why, "what the last connection did, with timings" },
	{ "open", command_open, NULL },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *to)
{
	(void)fputs("usage: cxssh COMMAND [ARGUMENTS]\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (commands[i].summary != NULL)
			(void)fprintf(to, "  %-9s %s\n", commands[i].name,
			              commands[i].summary);
	}
	(void)fputs("\nAfter \"cxssh sync\" plain ssh, scp, rsync and git reach every "
	            "host of\n"
	            "\"cxssh list\" by its name.\n",
	            to);
}

static int unknown_command(const char *name, struct error *err)
{
	const char *names[COMMANDS];

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	error_set(err, ERROR_USAGE, "no command of this name; nearest is \"%s\"",
	          suggest(name, names, COMMANDS));
	return error_hint(err, "cxssh help");
}

/* Is it "sync --remove", which works with a broken configuration, too? */
static bool is_removal(const struct command *command, int argc, char *argv[])
{
	for (int i = 1; command->run == command_sync && i < argc; i++) {
		if (strcmp(argv[i], "--remove") == 0)
			return true;
	}
	return false;
}

/* The configuration, or the defaults with a warning. */
static int configure(struct config *config, bool is_needed, struct error *err)
{
	char none[1] = "";

	if (config_load(config, err) == 0)
		return 0;
	if (is_needed)
		return -1;
	(void)fprintf(stderr, "cxssh: warning: %s\n", err->text);
	config_release(config);
	return config_parse(config, none, 0, err);
}

static int run(const struct command *command, int argc, char *argv[], struct error *err)
{
	struct config config;
	int rc = paths_check(err);

	if (rc == 0)
		rc = paths_check_home(err);
	if (rc == -1)
		return -1;
	rc = configure(&config, !is_removal(command, argc, argv), err);
	if (rc == 0) {
		log_start("cxssh", command->name, config.log_size);
		rc = command->run(argc, argv, &config, err);
	}
	config_release(&config);
	return rc;
}

static int dispatch(int argc, char *argv[], struct error *err)
{
	if (argc < 2) {
		print_help(stderr);
		return error_exit_status(ERROR_USAGE);
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)puts("cxssh " CXSSH_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return run(&commands[i], argc - 1, argv + 1, err);
	}
	return unknown_command(argv[1], err);
}

/* A command is done when its output is written, not when it is in a buffer. */
static int finish_output(struct error *err)
{
	bool failed = ferror(stdout) != 0; /* of an earlier write, its errno is gone */

	if (fclose(stdout) != 0)
		return error_errno(err, ERROR_OUTPUT,
		                   "standard output cannot be written");
	return failed ?
	               error_set(err, ERROR_OUTPUT, "standard output cannot be written") :
	               0;
}

int main(int argc, char *argv[])
{
	struct error err = ERROR_INIT;
	int rc;

	fd_fill_standard();
	hardening_begin();
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* at a file size limit write(2) fails */
	rc = dispatch(argc, argv, &err);
	if (rc != -1 && finish_output(&err) == 0)
		return rc;
	(void)fprintf(stderr, "cxssh: %s\n", err.text);
	return error_exit_status(err.code);
}
