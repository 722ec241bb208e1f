/* SPDX-License-Identifier: MIT */
/*
 * run - run a command with the stack's environment, on one server, or on many at once.
 *
 *   cxssh run HOST[,HOST...] COMMAND       cxssh run --server HOST COMMAND
 *   cxssh run --role ROLE COMMAND
 *   cxssh run --service SERVICE HOST COMMAND, or with -s APP in the place of HOST
 */

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/natural.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "command/command.h"
#include "command/container.h"
#include "command/parallel.h"
#include "command/toolbelt.h"
#include "fleet/host.h"
#include "fleet/model.h"

struct options {
	struct resolve_words host;
	const char *role;
	const char *log_dir;
	struct container container;
	bool interactive;
	char **command; /* NULL-terminated */
};

static int usage(struct error *err, const char *what)
{
	return options_error(manual_named("run"), err, "%s", what);
}

static bool in_container(const struct options *options)
{
	return options->container.service != NULL || options->container.uid != NULL;
}

static int check(const struct options *options, struct error *err)
{
	if (options->role != NULL && options->host.server != NULL)
		return usage(err, "either --role or --server, not both");
	if (options->container.service != NULL && options->container.uid != NULL)
		return usage(err, "either --service or --container, not both");
	if (in_container(options) && (options->role != NULL || options->log_dir != NULL))
		return usage(err, "--service and --container are for one server");
	return 0;
}

/* With a stack, a container needs no host, as the toolbelt has it. */
static bool needs_host(const struct options *options)
{
	return options->role == NULL && options->host.server == NULL &&
	       !(in_container(options) && options->host.app != NULL);
}

static int parse(int argc, char *argv[], struct options *options, struct error *err)
{
	const struct options_place places[] = {
		{ 's', .text = &options->host.app },
		{ 'e', .text = &options->host.environment },
		{ 'S', .text = &options->host.server },
		{ 'r', .text = &options->role },
		{ 'L', .text = &options->log_dir },
		{ 'V', .text = &options->container.service },
		{ 'C', .text = &options->container.uid },
		{ 'i', .flag = &options->interactive },
		{ .letter = '\0' },
	};
	int first = options_parse(argc, argv, places, 0, argc, err);

	if (first == -1)
		return -1;
	options->command = argv + first;
	if (check(options, err) == -1)
		return -1;
	if (needs_host(options) && *options->command == NULL)
		return usage(err, "HOST is missing");
	if (needs_host(options))
		options->host.server = *options->command++;
	if (*options->command != NULL && strcmp(*options->command, "--") == 0)
		options->command++;
	if (*options->command == NULL && !options->interactive && !in_container(options))
		return usage(err, "a command is missing, or --interactive");
	return 0;
}

/*
 * What the server's login shell, of whatever kind, is given: variables of the stack, then
 * the command in the user's own shell, as the toolbelt has it.
 */
static char *remote_command(const char *command)
{
	static const char script[] =
		"if [ -r /var/.cloud66_env ]; then set -a; "
		". /var/.cloud66_env >/dev/null 2>&1; set +a; fi; "
		"if [ -n \"$0\" ]; then exec \"${SHELL:-/bin/sh}\" -c \"$0\"; fi; "
		"exec \"${SHELL:-/bin/sh}\"";
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "/bin/sh -c ");
	toolbelt_quote(&out, script);
	strbuf_adds(&out, " ");
	toolbelt_quote(&out, command);
	return strbuf_detach(&out);
}

static int run_one(bool interactive, const char *alias, const char *remote,
                   struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	int rc = toolbelt_begin("ssh", &argv, err);

	if (interactive)
		strvec_push(&argv, "-t");
	strvec_push(&argv, alias);
	strvec_push(&argv, remote);
	if (rc == 0)
		rc = toolbelt_exec(&argv, err);
	strvec_release(&argv);
	return rc;
}

static int run_many(const struct options *options, const struct strvec *aliases,
                    const char *remote, struct error *err)
{
	struct parallel_job *jobs = xcalloc(aliases->count, sizeof(*jobs));
	int rc = 0;

	for (size_t i = 0; i < aliases->count && rc == 0; i++) {
		jobs[i].name = aliases->items[i];
		rc = toolbelt_begin("ssh", &jobs[i].argv, err);
		strvec_push(&jobs[i].argv, "-oBatchMode=yes");
		strvec_push(&jobs[i].argv, aliases->items[i]);
		strvec_push(&jobs[i].argv, remote);
	}
	if (rc == 0)
		rc = parallel_run(jobs, aliases->count, options->log_dir, err);
	for (size_t i = 0; i < aliases->count; i++)
		strvec_release(&jobs[i].argv);
	free(jobs);
	return rc;
}

/* Push the aliases of all servers of the role. */
static int find_role(const struct options *options, const struct config *config,
                     struct strvec *aliases, struct error *err)
{
	struct resolve_words host = options->host;
	struct fleet fleet = FLEET_INIT;
	struct server **servers;
	struct host found;
	int rc;

	host.server = options->role;
	rc = toolbelt_find(&host, config, &fleet, &found, err);
	if (rc == 0 && found.role == NULL)
		rc = error_set(err, ERROR_NO_HOST, "%s is a server, not a role",
		               host_alias(&found));
	if (rc == 0) {
		size_t count = host_servers(&found, &servers);

		for (size_t i = 0; i < count; i++)
			strvec_push(aliases, servers[i]->alias);
		natural_sort(aliases);
		free(servers);
	}
	fleet_release(&fleet);
	return rc;
}

/* Push the alias of each name in a list with commas, once. */
static int find_names(const struct options *options, const struct config *config,
                      struct strvec *aliases, struct error *err)
{
	char *list = xstrdup(options->host.server);
	int rc = 0;

	for (char *rest = list, *one; rc == 0 && (one = strsep(&rest, ",")) != NULL;) {
		struct resolve_words host = options->host;
		char *alias;

		host.server = one;
		alias = toolbelt_alias(&host, config, err);
		rc = alias != NULL ? 0 : -1;
		if (rc == 0)
			strvec_push_once(aliases, alias);
		free(alias);
	}
	free(list);
	return rc;
}

/* The stack of the command line, and its server where one is named; a role's server is
 * up to the container. */
static int find_stack(const struct resolve_words *host, const struct config *config,
                      struct fleet *fleet, struct host *found, struct error *err)
{
	*found = (struct host){ .stack = NULL };
	if (host->server == NULL)
		return toolbelt_stack(host, config, fleet, &found->stack, err);
	return toolbelt_find(host, config, fleet, found, err);
}

int run_in_container(const struct resolve_words *host, const struct container *container,
                     const struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct host found;
	char *remote = NULL;
	int rc = find_stack(host, config, &fleet, &found, err);

	if (rc == 0 &&
	    (remote = container_command(container, config, &found, err)) == NULL)
		rc = -1;
	if (rc == 0) {
		char *whole = strcmp(found.stack->backend, "docker") == 0 ?
		                      remote_command(remote) :
		                      xstrdup(remote);

		rc = run_one(container->interactive, found.server->alias, whole, err);
		free(whole);
	}
	free(remote);
	fleet_release(&fleet);
	return rc;
}

static int run_on_hosts(const struct options *options, const struct config *config,
                        const char *command, struct error *err)
{
	struct strvec aliases = STRVEC_INIT;
	int rc = options->role != NULL ? find_role(options, config, &aliases, err) :
	                                 find_names(options, config, &aliases, err);
	bool many =
		options->role != NULL || aliases.count != 1 || options->log_dir != NULL;

	if (rc == 0 && many && options->interactive)
		rc = usage(err, "--interactive is for one server");
	if (rc == 0) {
		char *remote = remote_command(command);

		rc = many ? run_many(options, &aliases, remote, err) :
		            run_one(options->interactive, aliases.items[0], remote, err);
		free(remote);
	}
	strvec_release(&aliases);
	return rc;
}

int command_run(int argc, char *argv[], struct config *config, struct error *err)
{
	struct options options = { .role = NULL };
	char *command;
	int rc = parse(argc, argv, &options, err);

	if (rc == -1)
		return -1;
	command = toolbelt_join(options.command);
	options.container.command = command;
	options.container.interactive = options.interactive;
	rc = in_container(&options) ?
	             run_in_container(&options.host, &options.container, config, err) :
	             run_on_hosts(&options, config, command, err);
	free(command);
	return rc;
}
