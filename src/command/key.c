/* key - the server keys that the API handed out and that lie in ~/.ssh. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "access/identity.h"
#include "base/config.h"
#include "base/dirs.h"
#include "base/error.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "command/resolve.h"
#include "command/survey.h"
#include "fleet/model.h"

enum { KEY_MS = 60000 };

static const char how[] = "cxssh key list | key refresh HOST | key remove HOST";

static void list_key(const struct stack *stack, bool personal)
{
	char *path = identity_path(stack->uid, personal);
	char *shown = dirs_shorten(path);
	struct stat st;
	char day[32] = "?";
	struct tm tm;

	if (stat(path, &st) == 0 && localtime_r(&st.st_mtime, &tm) != NULL) {
		(void)strftime(day, sizeof(day), "%Y-%m-%d %H:%M", &tm);
		(void)printf("%-30s %-12s %s  %s%s\n", stack->name, stack->environment,
		             day, shown,
		             (st.st_mode & 077) != 0 ? "  others can read it: chmod 600" :
		                                       "");
	}
	free(path);
	free(shown);
}

static int key_list(const char *host, const struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	int rc = survey_load(config, 0, &fleet, deadline_in(KEY_MS), err);

	(void)host;
	for (size_t i = 0; rc == 0 && i < fleet.stack_count; i++) {
		list_key(&fleet.stacks[i], false);
		list_key(&fleet.stacks[i], true);
	}
	fleet_release(&fleet);
	return rc;
}

/* The server that stands for host: a role's first one. */
static int find_server(const struct config *config, const char *host, struct fleet *fleet,
                       const struct server **server, struct deadline until,
                       struct error *err)
{
	struct selection found;
	struct server **servers;

	if (resolve_alias(config, host, fleet, &found, until, err) == -1)
		return -1;
	*server = found.server;
	if (found.server == NULL) {
		if (role_servers(found.stack, found.role->name, &servers) > 0)
			*server = servers[0];
		free(servers);
	}
	return 0;
}

static int key_refresh(const char *host, const struct config *config, struct error *err)
{
	struct deadline until = deadline_in(KEY_MS);
	struct fleet fleet = FLEET_INIT;
	const struct server *server;
	struct api *api = NULL;
	char *path = NULL;
	int rc = -1;

	if (find_server(config, host, &fleet, &server, until, err) == -1 ||
	    (api = survey_api(config, until, err)) == NULL)
		goto out;
	path = identity_path(server->stack_uid, server->personal_key);
	rc = identity_fetch(api, server->stack_uid, server->uid, path, true, until, err);
	if (rc == 0)
		rc = error_set(err, ERROR_NO_HOST,
		               "the API has no ssh key for %s: your own keys are used",
		               host);
	if (rc == 1) {
		(void)printf("%s is new\n", path);
		rc = 0;
	}
out:
	free(path);
	api_free(api);
	fleet_release(&fleet);
	return rc;
}

static int key_remove(const char *host, const struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	const struct server *server;
	int rc = find_server(config, host, &fleet, &server, deadline_in(KEY_MS), err);

	for (int personal = 0; rc == 0 && personal <= 1; personal++) {
		char *path = identity_path(server->stack_uid, personal == 1);

		if (unlink(path) == 0)
			(void)printf("removed %s\n", path);
		else if (errno != ENOENT)
			rc = error_errno(err, ERROR_CONFIG, "%s", path);
		free(path);
	}
	fleet_release(&fleet);
	return rc;
}

int command_key(int argc, char *argv[], struct config *config, struct error *err)
{
	static const struct {
		const char *name;
		int words;
		int (*run)(const char *host, const struct config *config,
		           struct error *err);
	} actions[] = {
		{ "list", 2, key_list },
		{ "refresh", 3, key_refresh },
		{ "remove", 3, key_remove },
	};

	for (size_t i = 0; argc >= 2 && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(argv[1], actions[i].name) == 0 && argc == actions[i].words)
			return actions[i].run(argv[2], config, err);
	}
	return command_usage(err, how);
}
