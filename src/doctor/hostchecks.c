/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "broker/client.h"
#include "doctor/findings.h"
#include "doctor/hostchecks.h"
#include "fleet/host.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "hostkey/hostkeyalias.h"
#include "keys/agentidentity.h"
#include "keys/authkeys.h"
#include "keys/identity.h"
#include "keys/keyfile.h"
#include "route/routefile.h"
#include "route/routelease.h"
#include "runtime/config.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"
#include "runtime/waiting.h"

enum { RESOLVE_MS = 20000, OPEN_MS = 20000, LOGIN_MS = 40000, KEYS_MS = 2000 };

/* The checks behind a failed one. */
static void skip(struct findings *findings, const char *const ids[], const char *why)
{
	for (size_t i = 0; ids[i] != NULL; i++)
		findings_skip(findings, ids[i], why);
}

/* The user's own file, by the key "identity".  False when ssh refuses it. */
static bool check_own_key(const char *path, struct findings *findings)
{
	static const char remedy[] = "let identity name a key of yours";
	struct error refused = ERROR_INIT;
	char *shown = paths_shorten(path);

	if (!identity_is_there(path))
		findings_add(findings, "key", VERDICT_FAIL, remedy,
		             "identity is %s, and there is no such file", shown);
	else if (!agentidentity_is_one(path) && identity_check(path, &refused) == -1)
		findings_add_error(findings, "key", VERDICT_FAIL, &refused);
	else if (!agentidentity_is_one(path) && access(path, F_OK) == 0 &&
	         !keyfile_is_usable(path))
		findings_add(findings, "key", VERDICT_FAIL, remedy,
		             "%s is no whole private key", shown);
	else
		findings_add(findings, "key", VERDICT_PASS, NULL,
		             "%s, your own: the API has none for this server", shown);
	free(shown);
	return refused.code == ERROR_NONE;
}

/* False when ssh refuses the key's file: of those from the API the check "keys" has told.
 */
static bool check_key(const struct server *server, const struct config *config,
                      const char *alias, struct findings *findings)
{
	struct error refused = ERROR_INIT;
	char *path = server_identity(server, config);
	char *shown = path != NULL ? paths_shorten(path) : NULL;
	char *refresh = xasprintf("run: cxssh key refresh %s", alias);
	bool usable = true;

	if (path != NULL && !server_identity_is_ours(server))
		usable = check_own_key(path, findings);
	else if (path == NULL)
		findings_add(findings, "key", VERDICT_PASS, NULL,
		             "your own keys: the API has none for this server");
	else if (access(path, F_OK) == -1)
		findings_add(findings, "key", VERDICT_PASS, NULL,
		             "%s, downloaded when first needed", shown);
	else if (agentidentity_is_one(path))
		findings_add(findings, "key", VERDICT_PASS, NULL, "%s, %s", shown,
		             agentidentity_is_ready(path, deadline_in(KEYS_MS)) ?
		                     "in ssh-agent" :
		                     "given to ssh-agent anew when it is needed");
	else if (identity_check(path, &refused) == -1)
		findings_skip(findings, "key", "its file failed \"keys\"");
	else if (!keyfile_is_usable(path))
		findings_add(findings, "key", VERDICT_FAIL, refresh,
		             "%s is no whole private key", shown);
	else
		findings_add(findings, "key", VERDICT_PASS, NULL, "%s", shown);
	free(refresh);
	free(path);
	free(shown);
	return usable && refused.code == ERROR_NONE;
}

/* The bastion's key and its connection, if it has one. */
static void check_gateway(const struct server *server, const struct config *config,
                          struct findings *findings)
{
	const char *address;
	const struct gateway_setting *setting;
	struct authkeys_config wanted = { .address = NULL };
	struct error err = ERROR_INIT;
	struct authkeys *keys;
	struct broker_status status;

	if (server->gateway == NULL) {
		findings_add(findings, "gateway", VERDICT_PASS, NULL, "none: direct");
		return;
	}
	address = gateway_address(server->gateway);
	setting = config_gateway(config, address);
	wanted.address = address;
	wanted.key_file = setting != NULL ? setting->key : NULL;
	if (broker_status(server->gateway, &status, &err) == BROKER_ANSWERED) {
		findings_add(findings, "gateway", VERDICT_PASS, NULL,
		             "connected to %s for %" PRId64 " s by %s", server->gateway,
		             status.uptime_s, status.transport);
		return;
	}
	err = (struct error)ERROR_INIT;
	keys = authkeys_load(&wanted, deadline_in(KEYS_MS), &err);
	if (keys == NULL)
		findings_add_error(findings, "gateway", VERDICT_FAIL, &err);
	else
		findings_add(findings, "gateway", VERDICT_PASS, NULL,
		             "%s, not connected, with %s", server->gateway,
		             authkeys_display_name(keys));
	authkeys_free(keys);
}

static void check_host_key(const char *target, struct findings *findings)
{
	struct strvec names = STRVEC_INIT;
	char *name = hostkey_alias(target);

	strvec_push(&names, name);
	findings_add(findings, "host-key", VERDICT_PASS, NULL, "%s",
	             hostkey_is_listed(&names) ? "known" :
	                                         "not known yet: learnt when connecting");
	strvec_release(&names);
	free(name);
}

/* The last line that a program printed, without "cxssh: "; it changes text. */
static const char *last_line(struct strbuf *text)
{
	const char *line = strbuf_last_line(text);

	return strncmp(line, "cxssh: ", 7) == 0 ? line + 7 : line;
}

/* What helps against a reason that has no command behind it; NULL: nothing is known. */
static const char *known_remedy(const char *words)
{
	static const struct {
		const char *words, *remedy;
	} known[] = {
		{ "its firewall lets in",
		  "set from-ip in ~/.config/cxssh/config to the address "
		  "of this computer, or leave the VPN" },
		{ "it seems to be down",
		  "look at the server in the dashboard of Cloud 66" },
		{ "nothing listens there",
		  "start sshd on the server, by the dashboard of Cloud 66" },
		{ "has no network", "connect to a network" },
		{ "says that it cannot be reached",
		  "see that no firewall between this computer and the server "
		  "blocks the port" },
		{ "does not answer on port",
		  "see in the dashboard of Cloud 66 that the server "
		  "runs; with a VPN or proxy, set from-ip" },
		{ "still being opened", "try again in a minute" },
		{ "too many calls", "try again after that time" },
		{ "refused to open the firewall",
		  "ask the account's owner for the right to open leases" },
		{ "try again", "try again" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strstr(words, known[i].words) != NULL)
			return known[i].remedy;
	}
	return NULL;
}

/* Add a reason of cxssh.  Its own remedy may be this command: then what is known helps.
 */
static void add_reason(struct findings *findings, const char *id, const char *words)
{
	static const char mark[] = "; run: ";
	const char *run = strstr(words, mark);
	bool doctor = run != NULL && strncmp(run + strlen(mark), "cxssh doctor", 12) == 0;
	int len = run == NULL ? (int)strlen(words) : (int)(run - words);

	findings_add(findings, id, VERDICT_FAIL,
	             run == NULL || doctor ? known_remedy(words) : run + strlen("; "),
	             "%.*s", len, words);
}

/* What a connection needs besides itself: lease, key and host key, by "cxssh open". */
static bool check_open(const char *target, struct findings *findings)
{
	char *program = paths_program("cxssh");
	struct strvec argv = STRVEC_INIT;
	struct strbuf output = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int status = 0;
	int rc;

	strvec_push(&argv, program);
	strvec_push(&argv, "open");
	strvec_pushf(&argv, "--within=%d", OPEN_MS - 1000);
	strvec_push(&argv, target);
	waiting_for("waiting for lease, key and host key");
	rc = spawn_run(argv.items, deadline_in(OPEN_MS), &output, &status, &err);
	waiting_end();
	if (rc == -1 || status != 0)
		add_reason(findings, "prepare", rc == -1 ? err.text : last_line(&output));
	else
		findings_add(findings, "prepare", VERDICT_PASS, NULL,
		             "lease, key and host key are ready");
	strvec_release(&argv);
	strbuf_release(&output);
	free(program);
	return rc == 0 && status == 0;
}

static void check_lease(const char *target, struct findings *findings)
{
	struct route route;
	struct error ignored = ERROR_INIT;
	int64_t now = routelease_now();

	if (routefile_read(target, &route, &ignored) != 1) {
		findings_skip(findings, "lease", "the host has no route file");
		return;
	}
	if (routefile_has_servers(&route))
		findings_skip(findings, "lease", "each server of the role has its own");
	else if (route.lease_until > now)
		findings_add(findings, "lease", VERDICT_PASS, NULL,
		             "the firewall is open for %" PRId64
		             " more minutes for packets from %s",
		             (route.lease_until - now + 59) / 60,
		             route.lease_network != NULL ? route.lease_network :
		                                           "this network");
	else
		findings_add(findings, "lease",
		             route.gateway != NULL ? VERDICT_PASS : VERDICT_WARN, NULL,
		             "none%s",
		             route.gateway != NULL ? ": the bastion lets you in" : "");
	routefile_release(&route);
}

/* "MODE PATH" lines of the server's own stat. */
static void judge_permissions(char *text, struct findings *findings)
{
	size_t lines = 0;
	size_t bad = 0;

	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *path;
		unsigned long mode = strtoul(line, &path, 8);
		char *remedy;

		if (path == line || path[0] != ' ')
			continue;
		lines++;
		if ((mode & (S_IWGRP | S_IWOTH)) == 0)
			continue;
		bad++;
		remedy = xasprintf("on the server, run: chmod go-w%s", path);
		findings_add(findings, "permissions", VERDICT_WARN, remedy,
		             "mode of%s on the server is %lo: sshd may refuse its keys",
		             path, mode);
		free(remedy);
	}
	if (lines == 0)
		findings_skip(findings, "permissions", "the server has no stat");
	else if (bad == 0)
		findings_add(findings, "permissions", VERDICT_PASS, NULL,
		             "home, .ssh and authorized_keys are for their owner to "
		             "write");
}

/* What to do about ssh's words; NULL: they say it.  The caller frees it. */
static char *remedy_for(const char *words, const char *alias, bool keyless)
{
	if (strstr(words, "Permission denied") != NULL && keyless)
		return xstrdup("run: cxssh key upload  (the API has no key for this "
		               "server, so yours must be on it)");
	if (strstr(words, "Permission denied") != NULL)
		return xasprintf("run: cxssh key refresh %s; else look at the modes of ~ "
		                 "and ~/.ssh on the server, and ask for the right "
		                 "\"Shell to Servers\"",
		                 alias);
	if (strstr(words, "Host key verification failed") != NULL ||
	    strstr(words, "IDENTIFICATION HAS CHANGED") != NULL)
		return xasprintf("if the server was replaced, run: cxssh hostkey forget "
		                 "%s",
		                 alias);
	return NULL;
}

/* ssh has failed: by cxssh's reason, or with words of its own (output). */
static void add_refusal(struct findings *findings, const char *why, struct strbuf *output,
                        const char *alias, bool keyless)
{
	static const char mark[] = ":7: cxssh: ";
	char *reason = strstr(output->data, mark);
	char *remedy = remedy_for(output->data, alias, keyless);

	if (reason != NULL) {
		reason += strlen(mark);
		reason[strcspn(reason, "\r\n")] = '\0';
		add_reason(findings, "session", reason);
	} else {
		findings_add(findings, "session", VERDICT_FAIL, remedy, "ssh says: %s",
		             why != NULL      ? why :
		             output->len == 0 ? "nothing" :
		                                last_line(output));
	}
	free(remedy);
}

/* Log in as the user's ssh does, and look at the server's files. */
static void check_login(const char *alias, bool keyless, struct findings *findings)
{
	static const char *const options[] = { "-T",
		                               "-oBatchMode=yes",
		                               "-oRemoteCommand=none",
		                               "-oControlMaster=no",
		                               "-oControlPath=none",
		                               "--" };
	char *ssh = paths_tool("ssh");
	struct strvec argv = STRVEC_INIT;
	struct strbuf output = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int status = 0;
	int rc;

	strvec_push(&argv, ssh);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		strvec_push(&argv, options[i]);
	strvec_push(&argv, alias);
	strvec_push(&argv, "LC_ALL=C stat -L -c '%a %n' ~ ~/.ssh ~/.ssh/authorized_keys "
	                   "2>/dev/null; true");
	waiting_for("waiting for ssh to log in to %s", alias);
	rc = spawn_run(argv.items, deadline_in(LOGIN_MS), &output, &status, &err);
	waiting_end();
	if (rc == -1 || status == 255) {
		add_refusal(findings, rc == -1 ? err.text : NULL, &output, alias,
		            keyless);
		findings_skip(findings, "permissions", "ssh could not log in");
	} else {
		findings_add(findings, "session", VERDICT_PASS, NULL, "ssh logs in to %s",
		             alias);
		judge_permissions(output.data, findings);
	}
	strvec_release(&argv);
	strbuf_release(&output);
	free(ssh);
}

static void check_found(const struct config *config, const struct host *host,
                        struct findings *findings)
{
	static const char *const behind_key[] = { "prepare", "lease", "session",
		                                  "permissions", NULL };
	bool usable;
	const struct server *server = host_first_server(host);
	char *target = host_target(host);

	findings_add(findings, "host", VERDICT_PASS, NULL, "%s, %s%s, stack %s",
	             host_alias(host), host->server != NULL ? "server " : "role of ",
	             server->address, host->stack->name);
	usable = check_key(server, config, host_alias(host), findings);
	check_gateway(server, config, findings);
	check_host_key(target, findings);
	if (!usable) {
		skip(findings, behind_key, "ssh refuses the key's file");
	} else if (check_open(target, findings)) {
		check_lease(target, findings);
		check_login(host_alias(host), server->key == KEY_NONE, findings);
	} else {
		skip(findings, behind_key + 1, "\"prepare\" failed");
	}
	free(target);
}

void hostchecks(const struct config *config, const char *name, struct findings *findings)
{
	static const char *const behind_host[] = { "key",         "gateway", "host-key",
		                                   "prepare",     "lease",   "session",
		                                   "permissions", NULL };
	struct fleet fleet = FLEET_INIT;
	struct error err = ERROR_INIT;
	struct host host;

	if (resolve_host(config, name, &fleet, &host, deadline_in(RESOLVE_MS), &err) ==
	    -1) {
		findings_add_error(findings, "host", VERDICT_FAIL, &err);
		skip(findings, behind_host, "the host is not known");
	} else {
		check_found(config, &host, findings);
	}
	fleet_release(&fleet);
}
