/* SPDX-License-Identifier: MIT */
/*
 * ssh - run ssh for the toolbelt's command line.
 *
 *   cxssh ssh [-s APP] [-e ENVIRONMENT] [--gateway-key FILE] NAME [ssh options] [command]
 *
 * -s, -e and --gateway-key may also follow NAME, as the toolbelt has it, until the
 * first word that is ssh's.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strvec.h"
#include "broker/broker.h"
#include "broker/client.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "command/attach.h"
#include "command/command.h"
#include "command/container.h"
#include "command/toolbelt.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/store.h"
#include "runtime/config.h"
#include "runtime/configedit.h"
#include "runtime/paths.h"

enum { SSH_MS = 60000 };

struct options {
	struct resolve_words host;
	const char *gateway_key;
	const char *session; /* of tmux */
	const char *service; /* a container of it */
	const char *profile;
	const char *org;
	struct strvec ssh_options; /* for ssh, before the host */
	char **command;            /* the rest, NULL-terminated */
};

/* The variable that an option of cxssh's sets, spelt -s, --stack or -stack; NULL: an
 * option of ssh's.  *inline_value is what follows a "=". */
static const char **value_for(struct options *options, const char *arg,
                              const char **inline_value)
{
	const struct {
		const char *name;
		const char **where;
	} names[] = {
		{ "s", &options->host.app },
		{ "stack", &options->host.app },
		{ "e", &options->host.environment },
		{ "environment", &options->host.environment },
		{ "gateway-key", &options->gateway_key },
		{ "session", &options->session },
		{ "service", &options->service },
		{ "profile", &options->profile },
		{ "org", &options->org },
	};

	arg += 1 + (arg[1] == '-');
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i].name);

		if (strncmp(arg, names[i].name, len) != 0)
			continue;
		*inline_value = arg[len] == '=' ? arg + len + 1 : NULL;
		if (arg[len] == '\0' || arg[len] == '=')
			return names[i].where;
	}
	return NULL;
}

/* The letters of ssh(1)'s options that take a value. */
static bool ssh_takes_value(const char *arg)
{
	static const char letters[] = "BbcDEeFIiJLlmOoPpQRSWw";

	return arg[0] == '-' && arg[1] != '\0' && arg[2] == '\0' &&
	       strchr(letters, arg[1]) != NULL;
}

/* ERROR_USAGE "ssh: WORD WHAT"; -1. */
static int usage(struct error *err, const char *word, const char *what)
{
	char shown[64];

	return options_error(manual_named("ssh"), err, "%s %s",
	                     printable_text(word, shown, sizeof(shown)), what);
}

/* One option at argv[*i]; *i is left on its last word. */
static int take_option(struct options *options, char *argv[], int *i, struct error *err)
{
	const char *inline_value = NULL;
	const char **where = value_for(options, argv[*i], &inline_value);

	if (where != NULL) {
		if (inline_value == NULL && argv[*i + 1] == NULL)
			return usage(err, argv[*i], "needs a value");
		*where = inline_value != NULL ? inline_value : argv[++*i];
		return 0;
	}
	if (strcmp(argv[*i], "--vv") == 0 || strcmp(argv[*i], "--vvv") == 0) {
		strvec_push(&options->ssh_options, argv[*i] + 1);
		return 0;
	}
	if (strncmp(argv[*i], "--", 2) == 0)
		return usage(err, argv[*i], "is not an option");
	strvec_push(&options->ssh_options, argv[*i]);
	if (ssh_takes_value(argv[*i])) {
		if (argv[*i + 1] == NULL)
			return usage(err, argv[*i], "needs a value");
		strvec_push(&options->ssh_options, argv[++*i]);
	}
	return 0;
}

static int parse(int argc, char *argv[], struct options *options, struct error *err)
{
	for (int i = 1; i < argc; i++) {
		/* Before the name it ends the options, behind it begins the command. */
		if (strcmp(argv[i], "--") == 0) {
			if (options->host.server == NULL)
				options->host.server = argv[++i];
			if (options->host.server == NULL)
				break;
			options->command = argv + i + 1;
			return 0;
		}
		if (argv[i][0] == '-' && argv[i][1] != '\0') {
			if (take_option(options, argv, &i, err) == -1)
				return -1;
		} else if (options->host.server == NULL) {
			options->host.server = argv[i];
		} else {
			options->command = argv + i;
			return 0;
		}
	}
	return options->host.server != NULL ? 0 :
	                                      usage(err, "NAME|IP|ROLE", "is missing");
}

/* The absolute path of the file of --gateway-key, which the caller frees; NULL with err.
 */
static char *key_path(const char *given, struct error *err)
{
	char *expanded = paths_expand(given);
	char *path = realpath(expanded, NULL);
	char shown[200];

	printable_text(given, shown, sizeof(shown));
	if (path == NULL || access(path, R_OK) == -1) {
		error_errno(err, ERROR_CONFIG, "--gateway-key: %s", shown);
	} else if (!valid_quoted_path(path)) {
		error_set(err, ERROR_CONFIG,
		          "--gateway-key: the path %s has a control character or one of "
		          "\" \\ %% $, which ssh cannot be given",
		          printable_path(path, shown, sizeof(shown)));
	} else {
		free(expanded);
		return path;
	}
	free(expanded);
	free(path);
	return NULL;
}

/* Start a broker with this key and wait until it has logged in. */
static int try_gateway_key(const struct server *server, const char *path,
                           const struct config *config, struct error *err)
{
	const struct gateway_setting *set =
		config_gateway(config, gateway_address(server->gateway));
	struct broker_config broker = {
		.gateway = server->gateway,
		.key_file = path,
		.transport = set != NULL ? set->transport : TRANSPORT_AUTO,
		.idle_ms = config->gateway_persist * 1000,
	};
	struct broker_status status;
	struct broker_watch watch = { .caller = -1 };
	struct error ignored = ERROR_INIT;
	int channel;

	if (broker_close(server->gateway, err) == BROKER_ERROR ||
	    broker_start(&broker, err) == -1)
		return -1;
	/* The reply to a channel request tells whether the login worked. */
	channel = broker_open_channel(server->gateway, server->uid, SSH_PORT, &watch,
	                              deadline_in(SSH_MS), err);
	if (channel != -1)
		(void)close(channel);
	/* A server that does not answer shows that the bastion let the key in. */
	if (channel != -1 ||
	    (broker_status(server->gateway, &status, &ignored) == BROKER_ANSWERED &&
	     strcmp(status.transport, BROKER_CONNECTING) != 0))
		return 0;
	(void)broker_close(server->gateway, &ignored);
	return error_prefix(err, "--gateway-key is not kept");
}

/* The key of the command line wins over the one that is set, and is kept when the bastion
 * accepts it. */
static int apply_gateway_key(const struct options *options, const struct config *config,
                             const struct host *found, struct error *err)
{
	struct server *server = host_first_server(found);
	char *path;
	int rc = 0;

	if (options->gateway_key == NULL)
		return 0;
	path = key_path(options->gateway_key, err);
	if (path == NULL)
		return -1;
	if (server->gateway != NULL) {
		/* The broker finds the server by its route. */
		rc = fleet_write_route(&(struct host){ found->stack, server, NULL },
		                       config, err);
		if (rc == 0)
			rc = try_gateway_key(server, path, config, err);
		if (rc == 0)
			rc = config_write("gateway-key", gateway_address(server->gateway),
			                  path, err);
	}
	free(path);
	return rc;
}

static int run_ssh(const struct options *options, const char *alias, struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	int rc;

	if (options->session != NULL && options->command != NULL)
		return usage(err, "--session", "takes no command");
	if (options->session != NULL)
		return session_run(&options->ssh_options, alias, options->session, err);
	rc = toolbelt_begin("ssh", &argv, err);

	for (size_t i = 0; i < options->ssh_options.count; i++)
		strvec_push(&argv, options->ssh_options.items[i]);
	strvec_push(&argv, alias);
	for (char **word = options->command; word != NULL && *word != NULL; word++)
		strvec_push(&argv, *word);
	if (rc == 0)
		rc = toolbelt_exec(&argv, err);
	strvec_release(&argv);
	return rc;
}

/* A shell, or the command, in a new container of a service. */
static int run_service(const struct options *options, const struct config *config,
                       struct error *err)
{
	char *none[] = { NULL };
	char *command = toolbelt_join(options->command != NULL ? options->command : none);
	const struct container container = { .service = options->service,
		                             .command = command,
		                             .interactive = true };
	int rc = run_in_container(&options->host, &container, config, err);

	free(command);
	return rc;
}

int command_ssh(int argc, char *argv[], struct config *config, struct error *err)
{
	struct options options = { .ssh_options = STRVEC_INIT };
	struct fleet fleet = FLEET_INIT;
	struct host found;
	char *alias = NULL;
	int rc = parse(argc, argv, &options, err);

	if (rc == 0 && options.profile != NULL)
		rc = config_set(config, "profile", options.profile, err);
	if (rc == 0 && options.org != NULL)
		rc = config_set(config, "org", options.org, err);
	if (rc == 0 && options.service != NULL) {
		rc = run_service(&options, config, err);
		strvec_release(&options.ssh_options);
		return rc;
	}
	if (rc == 0)
		rc = toolbelt_find(&options.host, config, &fleet, &found, err);
	if (rc == 0)
		rc = apply_gateway_key(&options, config, &found, err);
	if (rc == 0)
		alias = xstrdup(host_alias(&found));
	fleet_release(&fleet);
	if (rc == 0)
		rc = run_ssh(&options, alias, err);
	free(alias);
	strvec_release(&options.ssh_options);
	return rc;
}
