/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/includeprompt.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cloud66/api.h"
#include "command/toolbelt.h"
#include "fleet/host.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/resolve.h"
#include "fleet/store.h"
#include "runtime/atomic.h"
#include "runtime/hardening.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "sshconfig/write.h"

enum { FIND_MS = 60000 };

int toolbelt_parse(int argc, char *argv[], struct resolve_words *host,
                   const char *missing, struct error *err)
{
	const struct options_place places[] = { { 's', .text = &host->app },
		                                { 'e', .text = &host->environment },
		                                { 'S', .text = &host->server },
		                                { .letter = '\0' } };
	const struct manual *manual = manual_find(argc, argv, NULL);
	int first = options_parse(argc, argv, places, 1, argc, err);

	if (first == -1)
		return -1;
	if (host->server == NULL)
		host->server = argv[first++];
	return argv[first] != NULL ? first : options_error(manual, err, "%s", missing);
}

/* By alias where no stack is given, else by the toolbelt's rules. */
static int find(const struct resolve_words *host, const struct config *config,
                struct fleet *fleet, struct host *found, struct error *err)
{
	struct deadline until = deadline_in(FIND_MS);
	struct stack *stack;

	if (host->app == NULL && host->environment == NULL) {
		if (fleet_load(config, 0, fleet, until, err) == -1)
			return -1;
		if (selection_by_alias(fleet, host->server, found))
			return 0;
	}
	if (resolve_stack(config, host, fleet, &stack, until, err) == -1) {
		/* This folder belongs to no stack. */
		if (host->app != NULL || err->code != ERROR_USAGE)
			return -1;
		*err = (struct error)ERROR_INIT;
		return resolve_host_in(config, host, fleet, found, until, err);
	}
	return selection_server(stack, host->server, found, err);
}

/* As "cxssh sync" does, where it has never run. */
static int write_configuration(struct fleet *fleet, const struct config *config,
                               struct error *err)
{
	struct deadline until = deadline_in(FIND_MS);
	struct api *api = api_session(config, until, err);
	int rc = -1;

	if (api != NULL) {
		fleet_probe_keys(api, fleet, until);
		fleet_update_public_keys(api, fleet, config, until);
		rc = fleet_store(fleet, config, err);
	}
	api_free(api);
	return rc == 0 ? sshconfig_write(fleet, config, NULL, err) : -1;
}

/* ssh knows the hosts of fleet only when the generated file is there. */
static int ensure_configuration(struct fleet *fleet, const struct config *config,
                                struct error *err)
{
	char *generated = sshconfig_path();
	int rc = access(generated, R_OK) == -1 ? write_configuration(fleet, config, err) :
	                                         0;

	free(generated);
	return rc;
}

int toolbelt_stack(const struct resolve_words *host, const struct config *config,
                   struct fleet *fleet, struct stack **stack, struct error *err)
{
	int rc = resolve_stack(config, host, fleet, stack, deadline_in(FIND_MS), err);

	return rc == 0 ? ensure_configuration(fleet, config, err) : -1;
}

int toolbelt_find(const struct resolve_words *host, const struct config *config,
                  struct fleet *fleet, struct host *found, struct error *err)
{
	int rc = find(host, config, fleet, found, err);

	return rc == 0 ? ensure_configuration(fleet, config, err) : -1;
}

char *toolbelt_alias(const struct resolve_words *host, const struct config *config,
                     struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct host found;
	char *alias = NULL;

	if (toolbelt_find(host, config, &fleet, &found, err) == 0)
		alias = xstrdup(host_alias(&found));
	fleet_release(&fleet);
	return alias;
}

/*
 * A file for ssh -F where the user's configuration does not include the generated file:
 * that file, then what ssh reads without -F.  The caller frees the path; NULL with err.
 */
static char *whole_config(struct error *err)
{
	char *path = paths_ssh("cxssh/with-user-config");
	char *generated = sshconfig_path();
	char *users = paths_ssh("config");
	char *text = xasprintf("# For cxssh ssh, until ~/.ssh/config includes %s.\n"
	                       "Include \"%s\"\nInclude \"%s\"\n"
	                       "Include /etc/ssh/ssh_config\n",
	                       generated, generated, users);

	if (paths_make_for(path, err) == -1 ||
	    atomic_update_cache(path, text, strlen(text), NULL, err) == -1) {
		free(path);
		path = NULL;
	}
	free(generated);
	free(users);
	free(text);
	return path;
}

int toolbelt_begin(const char *tool, struct strvec *argv, struct error *err)
{
	char *path = paths_tool(tool);
	char *config = NULL;

	strvec_push(argv, path);
	free(path);
	if (includeprompt_is_included())
		return 0;
	config = whole_config(err);
	if (config == NULL)
		return -1;
	strvec_push(argv, "-F");
	strvec_push(argv, config);
	free(config);
	return 0;
}

/* The line that runs, for CXDEBUG; the log has no command of the user's: it may hold a
 * secret. */
static void log_line(const struct strvec *argv)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_adds(&line, "running ");
	strvec_join(argv, " ", &line);
	log_live(line.data);
	if (!log_is_live())
		log_step("running %s", argv->items[0]);
	strbuf_release(&line);
}

int toolbelt_exec(const struct strvec *argv, struct error *err)
{
	log_line(argv);
	hardening_end(); /* the user's environment and limits */
	(void)execv(argv->items[0], argv->items);
	return error_errno(err, ERROR_CONFIG, "cannot run %s", argv->items[0]);
}

/* In the child, until exec; async-signal-safe. */
static void become(const struct strvec *argv, const int fds[static 3])
{
	for (int i = 0; i < 3; i++) {
		if (fds[i] != -1 && fds[i] != i)
			(void)dup2(fds[i], i);
	}
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	hardening_end();
	(void)execv(argv->items[0], argv->items);
	_exit(127);
}

int toolbelt_start(const struct strvec *argv, const int fds[static 3], struct error *err)
{
	pid_t pid;

	if (access(argv->items[0], X_OK) == -1)
		return error_errno(err, ERROR_CONFIG, "cannot run %s", argv->items[0]);
	log_line(argv);
	pid = fork();
	if (pid == 0)
		become(argv, fds);
	if (pid == -1)
		return error_errno(err, ERROR_INTERNAL, "no process for %s",
		                   argv->items[0]);
	return (int)pid;
}

char *toolbelt_join(char *const words[])
{
	struct strbuf text = STRBUF_INIT;

	for (; *words != NULL; words++)
		strbuf_addf(&text, "%s%s", text.len > 0 ? " " : "", *words);
	return strbuf_detach(&text);
}

/* No shell looks into single quotes. */
void toolbelt_quote(struct strbuf *out, const char *text)
{
	strbuf_adds(out, "'");
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			strbuf_adds(out, "'\\''");
		else
			strbuf_add(out, text, 1);
	}
	strbuf_adds(out, "'");
}
