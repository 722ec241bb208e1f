/* SPDX-License-Identifier: MIT */
/* cxssh - find the command, run it, report its error. */

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/strvec.h"
#include "base/suggest.h"
#include "bastion/libssh2conn.h"
#include "broker/confine.h"
#include "cli/cxnames.h"
#include "cli/errorline.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "command/command.h"
#include "hostkey/fingerprint.h"
#include "http/http.h"
#include "http/outbound.h"
#include "runtime/config.h"
#include "runtime/hardening.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"
#include "runtime/waiting.h"

static const struct command {
	const char *name;
	command_fn *run;
} commands[] = {
	{ "login", command_login },
	{ "sync", command_sync },
	{ "list", command_list },
	{ "show", command_show },
	{ "ssh", command_ssh },
	{ "lease", command_lease },
	{ "gateway", command_gateway },
	{ "key", command_key },
	{ "hostkey", command_hostkey },
	{ "why", command_why },
	{ "open", command_open },
	{ "logout", command_logout },
	{ "whoami", command_whoami },
	{ "doctor", command_doctor },
	{ "profile", command_profile },
	{ "prepare", command_prepare },
	{ "run", command_run },
	{ "upload", command_upload },
	{ "download", command_download },
	{ "tail", command_tail },
	{ "listen", command_listen },
	{ "tunnel", command_tunnel },
	{ "completion", command_completion },
	{ "complete", command_complete },
};

static int unknown_command(const char *name, struct error *err)
{
	const char *instead = cxnames_instead(name);
	struct strvec names = STRVEC_INIT;
	const char *near;
	char shown[64];

	printable_text(name, shown, sizeof(shown));
	error_set(err, ERROR_USAGE, "no command %s", shown);
	if (instead != NULL)
		return error_hint(err, "%s", instead);
	for (const struct manual *m = manual_table; m->name != NULL; m++) {
		if (manual_is_listed(m))
			strvec_push(&names, m->name);
	}
	near = suggest_near(name, (const char *const *)names.items, names.count);
	if (near != NULL)
		error_hint(err, "cxssh %s", near);
	else
		error_hint(err, "cxssh help");
	strvec_release(&names);
	return -1;
}

static void print_version(void)
{
	(void)printf("cxssh " CXSSH_VERSION "\n%s\n%s\n%s\n%s\n"
	             "confinement of brokers: %s\n",
	             http_version(), json_version(), libssh2conn_version(),
	             fingerprint_openssl(), confine_built_in());
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

/* The configuration, or the defaults: doctor tells why among its findings, "sync
 * --remove" in a warning. */
static int configure(struct config *config, bool examines, bool removes,
                     struct error *err)
{
	char none[1] = "";

	if (config_load(config, err) == 0)
		return 0;
	if (!examines && !removes)
		return -1;
	if (removes)
		errorline_warn(err);
	config_release(config);
	return config_parse(config, none, 0, err);
}

/* The options of every command, as lines of the configuration. */
static int apply_common(const struct options_common *common, struct config *config,
                        struct error *err)
{
	if (common->profile != NULL &&
	    config_set(config, "profile", common->profile, err) == -1)
		return -1;
	return common->org == NULL ? 0 : config_set(config, "org", common->org, err);
}

/* Started by cxssh-proxy, which knows the host and names what helps? */
static bool is_helper(const struct command *command)
{
	return command->run == command_open || command->run == command_gateway;
}

static int run(const struct command *command, int argc, char *argv[],
               const struct options_common *common, struct error *err)
{
	struct config config;
	bool examines = command->run == command_doctor;
	int rc = paths_check(err);

	if (rc == 0 && !examines)
		rc = paths_check_home(err);
	if (rc == -1)
		return -1;
	rc = configure(&config, examines, is_removal(command, argc, argv), err);
	if (rc == 0)
		rc = apply_common(common, &config, err);
	if (rc == 0) {
		log_start("cxssh", command->name, config.log_size);
		if (command->run != command_open)
			waiting_allow();
		outbound_configure(config.ca_file, config.proxy);
		rc = command->run(argc, argv, &config, err);
		if (rc == -1 && !examines && !is_helper(command))
			errorline_advise(err, NULL);
		for (size_t i = 0;
		     log_kept_warning(i) != NULL && command->run != command_open; i++)
			(void)fprintf(stderr, "cxssh: warning: %s\n",
			              log_kept_warning(i));
	}
	config_release(&config);
	return rc;
}

static int help(int argc, char *argv[], struct error *err)
{
	const struct manual *manual = argc > 0 ? manual_find(argc, argv, NULL) : NULL;

	if (argc == 0)
		help_print_commands(stdout);
	else if (strcmp(argv[0], "--list") == 0)
		help_print_list();
	else if (manual != NULL)
		help_print(manual, stdout);
	else
		return unknown_command(argv[0], err);
	return 0;
}

/* argv is without the program's name. */
static int dispatch(int argc, char *argv[], struct error *err)
{
	struct options_common common = { .help = false };
	const struct manual *manual;

	if (argc > 0 && strcmp(argv[0], "--version") == 0) {
		print_version();
		return 0;
	}
	if (options_take_common(NULL, &argc, argv, &common, err) == -1)
		return -1;
	if (argc == 0) {
		help_print_commands(common.help ? stdout : stderr);
		return common.help ? 0 : error_exit_status(ERROR_USAGE);
	}
	manual = manual_find(argc, argv, NULL);
	if (manual == NULL)
		return unknown_command(argv[0], err);
	if (options_take_common(manual, &argc, argv, &common, err) == -1)
		return -1;
	if (strcmp(manual->name, "help") == 0 && !common.help)
		return help(argc - 1, argv + 1, err);
	if (common.help) {
		help_print(manual, stdout);
		return 0;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[0], commands[i].name) == 0)
			return run(&commands[i], argc, argv, &common, err);
	}
	return unknown_command(argv[0], err);
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

/* Has the reader of a pipe ended, as head(1) does?  Then there is nothing to complain. */
static bool reader_has_gone(void)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO };

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLERR) != 0;
}

int main(int argc, char *argv[])
{
	struct error err = ERROR_INIT;
	bool unread;
	int rc;

	fd_fill_standard();
	hardening_begin();
	(void)umask(077);
	spawn_begin();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* at a file size limit write(2) fails */
	rc = dispatch(argc - (argc > 0), argv + (argc > 0), &err);
	unread = reader_has_gone(); /* fclose() closes the pipe */
	if (rc != -1 && finish_output(&err) == 0)
		return rc;
	if (err.code != ERROR_OUTPUT || !unread)
		errorline_print(&err);
	return error_exit_status(err.code);
}
