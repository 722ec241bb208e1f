/* SPDX-License-Identifier: MIT */
/* key - list, refresh and remove the server keys of the API, in ~/.ssh or ssh-agent. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/confirm.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/serverkeys.h"
#include "cli/table.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "fleet/host.h"
#include "fleet/keyprobe.h"
#include "fleet/knownuids.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/resolve.h"
#include "fleet/store.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/knownhostsedit.h"
#include "keys/agentadd.h"
#include "keys/agentidentity.h"
#include "keys/identity.h"
#include "runtime/config.h"
#include "runtime/paths.h"
#include "sshconfig/write.h"

enum { KEY_MS = 60000, STALE_MS = 120000, AGENT_MS = 2000 };

static void add_key(struct table *table, const struct stack *stack, const char *path,
                    int64_t when, const char *remark)
{
	char *shown = paths_shorten(path);
	time_t seconds = (time_t)when;
	char day[32] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		(void)strftime(day, sizeof(day), "%Y-%m-%d %H:%M", &tm);
	table_add(table, (const char *const[]){ stack->name, stack->environment, day,
	                                        shown, remark });
	free(shown);
}

/* Add the key in the file and the one in ssh-agent; both after a change of "keys". */
static void list_key(struct table *table, const struct stack *stack, bool personal)
{
	char *path = identity_path(stack->uid, personal);
	char *public = xasprintf("%s.pub", path);
	int64_t renewal = agentidentity_renewal(public);
	struct stat st;

	if (stat(path, &st) == 0)
		add_key(table, stack, path, (int64_t)st.st_mtime,
		        (st.st_mode & 077) != 0 ? "others can read it: chmod 600" : "");
	if (renewal != 0)
		add_key(table, stack, public, renewal,
		        agentidentity_is_ready(public, deadline_in(AGENT_MS)) ?
		                "in ssh-agent until then" :
		                "not in ssh-agent: fetched when first needed");
	free(path);
	free(public);
}

static int key_list(const char *host, const struct config *config, struct error *err)
{
	static const struct table_column columns[] = {
		{ .heading = "STACK", .keep = 3 },
		{ .heading = "ENVIRONMENT", .keep = 1 },
		{ .heading = "TIME", .keep = 2 },
		{ .heading = "FILE" },
		{ .heading = "NOTE", .keep = 4, .blank = true },
	};
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	struct fleet fleet = FLEET_INIT;
	int rc = fleet_load(config, 0, &fleet, deadline_in(KEY_MS), err);

	(void)host;
	for (size_t i = 0; rc == 0 && i < fleet.stack_count; i++) {
		list_key(table, &fleet.stacks[i], false);
		list_key(table, &fleet.stacks[i], true);
	}
	if (rc == 0 && table_rows(table) == 0)
		(void)printf("no key was fetched yet\n");
	table_finish(table);
	fleet_release(&fleet);
	return rc;
}

/* The server of host: a role's first one. */
static int find_server(const struct config *config, const char *host, struct fleet *fleet,
                       const struct server **server, struct deadline until,
                       struct error *err)
{
	struct host found;

	if (resolve_host(config, host, fleet, &found, until, err) == -1)
		return -1;
	*server = host_first_server(&found);
	return 0;
}

/* Fetch the key of this server: 1, 0 when the API has none, -1. */
static int fetch(const struct server *server, const struct config *config,
                 const char *identity, struct error *err)
{
	struct deadline until = deadline_in(KEY_MS);
	struct api *api = api_session(config, until, err);
	struct identity_request wanted = { .identity = identity,
		                           .stack_uid = server->stack_uid,
		                           .server_uid = server->uid,
		                           .lifetime_s = config_key_lifetime(config),
		                           .again = true };
	int rc;

	if (api == NULL)
		return -1;
	rc = agentidentity_is_one(identity) ? agentadd_fetch(api, &wanted, until, err) :
	                                      identity_fetch(api, &wanted, until, err);
	api_free(api);
	return rc;
}

static int key_refresh(const char *host, const struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	const struct server *server;
	char *path = NULL;
	int rc = -1;

	if (find_server(config, host, &fleet, &server, deadline_in(KEY_MS), err) == -1)
		goto out;
	path = server_identity_is_ours(server) ?
	               server_identity(server, config) :
	               identity_path(server->stack_uid, server->personal_key);
	rc = fetch(server, config, path, err);
	if (rc == 0)
		rc = error_set(err, ERROR_NO_HOST,
		               "the API has no ssh key for %s: your own keys are used",
		               host);
	if (rc == 1) {
		(void)printf("%s is new%s\n", path,
		             agentidentity_is_one(path) ? ", in ssh-agent" : "");
		rc = 0;
	}
out:
	free(path);
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

		rc = serverkeys_remove(path, err);
		free(path);
	}
	/* ssh must not be told of a FILE.pub that is missing. */
	if (rc == 0 && config->keys_in_agent && sshconfig_is_written())
		rc = sshconfig_write(&fleet, config, NULL, err);
	fleet_release(&fleet);
	return rc;
}

/* ---- remove --stale ---- */

/* The host keys of servers that are gone. */
struct stale {
	const struct knownuids *known;
	struct strvec servers; /* "cxssh-UID" */
	struct strvec others;  /* the other names of their lines, joined by commas */
};

static void on_host_key(const struct kh_line *line, const char *fingerprint, void *cookie)
{
	struct stale *stale = cookie;
	struct kh_span list = line->names;
	struct strvec others = STRVEC_INIT;
	struct strbuf joined = STRBUF_INIT;
	struct kh_span name;
	char *server = NULL;

	(void)fingerprint;
	while (line->kind == KH_PLAIN && kh_next_name(&list, &name)) {
		char *text = xstrndup(name.at, name.len);

		if (server == NULL && hostkey_kind(text, name.len) == HOSTKEY_SERVER)
			server = xstrdup(text);
		else
			strvec_push(&others, text);
		free(text);
	}
	if (server != NULL && !strvec_has(&stale->servers, server) &&
	    !strvec_has_sorted(&stale->known->servers, server + strlen("cxssh-"))) {
		strvec_join(&others, ",", &joined);
		strvec_push(&stale->servers, server);
		strvec_push(&stale->others, joined.data);
	}
	strbuf_release(&joined);
	strvec_release(&others);
	free(server);
}

static int forget_host_key(const char *server, const char *others, struct error *err)
{
	struct knownhostsedit_owner owner = { .names = STRVEC_INIT };
	struct knownhostsedit_forgotten done;
	char *copy = xstrdup(others);
	char *rest = copy;
	char *name;
	int rc;

	strvec_push(&owner.names, server);
	while ((name = strsep(&rest, ",")) != NULL) {
		if (name[0] != '\0')
			strvec_push(&owner.roles, name);
	}
	rc = knownhostsedit_forget(&owner, &done, err);
	for (size_t i = 0; rc == 0 && i < done.keys.count; i++)
		(void)printf("%s of %s is forgotten\n", done.keys.items[i], server);
	knownhostsedit_forgotten_release(&done);
	strvec_release(&owner.names);
	strvec_release(&owner.roles);
	free(copy);
	return rc;
}

/* Say what is stale; true when it is to be removed. */
static bool agreed(const struct strvec *paths, const struct stale *stale, bool yes,
                   struct error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		char *shown = paths_shorten(paths->items[i]);

		(void)printf("%s\n", shown);
		free(shown);
	}
	for (size_t i = 0; i < stale->servers.count; i++)
		(void)printf("host key of %s %s\n", stale->servers.items[i],
		             stale->others.items[i]);
	if (yes)
		return true;
	if (confirm_is_possible())
		return confirm("Remove these?", false);
	error_set(err, ERROR_USAGE,
	          "nothing removed: there is no terminal to ask on; run: cxssh key "
	          "remove --stale --yes");
	return false;
}

static int remove_stale(const struct config *config, bool yes, struct error *err)
{
	struct strvec paths = STRVEC_INIT;
	struct knownuids known;
	struct stale stale = { .known = &known };
	int rc = knownuids_ask(config, &known, deadline_in(STALE_MS), err);

	if (rc == 0)
		serverkeys_list(&known, &paths);
	if (rc == 0 && !known.incomplete)
		rc = knownhostsedit_list(on_host_key, &stale, err);
	if (rc == 0 && paths.count + stale.servers.count == 0)
		(void)printf("no key of a stack that is gone\n");
	else if (rc == 0 && agreed(&paths, &stale, yes, err)) {
		for (size_t i = 0; rc == 0 && i < paths.count; i++)
			rc = serverkeys_remove(paths.items[i], err);
		for (size_t i = 0; rc == 0 && i < stale.servers.count; i++)
			rc = forget_host_key(stale.servers.items[i],
			                     stale.others.items[i], err);
	}
	strvec_release(&stale.servers);
	strvec_release(&stale.others);
	strvec_release(&paths);
	knownuids_release(&known);
	return rc == 0 && err->code != ERROR_NONE ? -1 : rc;
}

int command_key(int argc, char *argv[], struct config *config, struct error *err)
{
	static const struct {
		const char *name;
		int operands;
		int (*run)(const char *host, const struct config *config,
		           struct error *err);
	} actions[] = {
		{ "list", 0, key_list },
		{ "refresh", 1, key_refresh },
		{ "remove", 1, key_remove },
	};
	bool stale = false;
	bool yes = false;
	const struct options_place places[] = {
		{ 'S', .flag = &stale },
		{ 'y', .flag = &yes },
		{ .letter = '\0' },
	};

	if (argc >= 2 && strcmp(argv[1], "upload") == 0)
		return command_key_upload(argc, argv, config, err);
	for (size_t i = 0; argc >= 2 && i < sizeof(actions) / sizeof(actions[0]); i++) {
		int first;

		if (strcmp(argv[1], actions[i].name) != 0)
			continue;
		first = options_parse(argc, argv, places, 0, actions[i].operands, err);
		if (first == -1)
			return -1;
		if (stale && first == argc)
			return remove_stale(config, yes, err);
		if (stale || argc - first != actions[i].operands)
			return options_error(manual_find(argc, argv, NULL), err, "%s",
			                     stale ? "HOST beside --stale" :
			                             "HOST is missing");
		return actions[i].run(argv[first], config, err);
	}
	return options_no_subcommand(argc, argv, err);
}
