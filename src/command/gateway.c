/* SPDX-License-Identifier: MIT */
/*
 * gateway - list the bastions with their keys and live connections, set a key, close a
 * connection.  "gateway USER@ADDRESS", which cxssh-proxy runs, becomes its broker.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/opensshlogin.h"
#include "bastion/sshdump.h"
#include "bastion/transport.h"
#include "broker/broker.h"
#include "cli/options.h"
#include "cli/table.h"
#include "command/command.h"
#include "fleet/gateways.h"
#include "fleet/model.h"
#include "fleet/store.h"
#include "keys/agent.h"
#include "keys/authkeys.h"
#include "keys/keyfile.h"
#include "runtime/config.h"
#include "runtime/configedit.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "sshconfig/write.h"

enum { GATEWAY_MS = 60000, AGENT_MS = 2000 };

typedef int gateway_action(const struct config *config, char *operands[],
                           struct error *err);

/* The socket of the agent that IdentityAgent names for the bastion (ssh_config(5)), or ""
 * for none.  The caller frees it. */
static char *agent_of(const char *address)
{
	struct error ignored = ERROR_INIT;
	struct strbuf output = STRBUF_INIT;
	const char *path = agent_socket(NULL);
	char *agent = NULL;
	char *result;

	if (sshdump_users(address, deadline_in(AGENT_MS), &output, &ignored) == 0)
		agent = sshdump_value(output.data, "identityagent");
	if (agent != NULL && strcmp(agent, "SSH_AUTH_SOCK") != 0)
		path = agent[0] == '$' ? getenv(agent + 1) : agent;
	result = xstrdup(path == NULL || strcmp(path, "none") == 0 ? "" : path);
	free(agent);
	strbuf_release(&output);
	return result;
}

/* Where the key of a bastion comes from, for which no file is set. */
static const char *unset_key(const char *address)
{
	struct error ignored = ERROR_INIT;
	char *path = agent_of(address);
	int fd = agent_open(path, &ignored);

	free(path);
	if (fd == -1)
		return "none (no ssh-agent runs)";
	fd_close(&fd);
	return "of ssh-agent";
}

static void add_gateway(struct table *table, const char *gateway,
                        const struct config *config)
{
	const struct gateway_setting *set =
		config_gateway(config, gateway_address(gateway));
	struct error ignored = ERROR_INIT;
	struct broker_status status;
	char sessions[96] = "";
	int rc = broker_status(gateway, &status, &ignored);

	if (rc == -1)
		(void)snprintf(sessions, sizeof(sessions),
		               "does not answer; run: cxssh gateway close %s",
		               gateway_address(gateway));
	if (rc == 1)
		(void)snprintf(sessions, sizeof(sessions),
		               "%" PRId64 " now, %" PRId64 " so far", status.channels,
		               status.served);
	table_add(table,
	          (const char *const[]){ gateway,
	                                 set != NULL && set->key != NULL ?
	                                         set->key :
	                                         unset_key(gateway_address(gateway)),
	                                 rc == 1  ? status.transport :
	                                 rc == -1 ? "stopped" :
	                                            "",
	                                 sessions });
}

/* Add the gateways that have a broker but left the inventory. */
static void add_running(struct strvec *gateways)
{
	struct strvec running = STRVEC_INIT;

	broker_list(&running);
	for (size_t i = 0; i < running.count; i++)
		strvec_push_once(gateways, running.items[i]);
	strvec_release(&running);
}

static int gateway_list(const struct config *config, char *operands[], struct error *err)
{
	static const struct table_column columns[] = {
		{ .heading = "BASTION" },
		{ .heading = "KEY", .keep = 2 },
		{ .heading = "CONNECTED", .keep = 3 },
		{ .heading = "SESSIONS", .keep = 1 },
	};
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	struct fleet fleet = FLEET_INIT;
	struct strvec gateways = STRVEC_INIT;
	int rc = fleet_load(config, 0, &fleet, deadline_in(GATEWAY_MS), err);

	(void)operands;
	if (rc == 0)
		gateways_collect(&fleet, &gateways);
	if (rc == 0)
		add_running(&gateways);
	for (size_t i = 0; i < gateways.count; i++)
		add_gateway(table, gateways.items[i], config);
	if (rc == 0 && gateways.count == 0)
		(void)printf("no server is behind a bastion\n");
	table_finish(table);
	strvec_release(&gateways);
	fleet_release(&fleet);
	return rc;
}

/* Use the agent of the bastion, if the key may be there: for this process, $SSH_AUTH_SOCK
 * is that one. */
static void use_agent(const char *address, const char *key_file)
{
	char *path;

	if (key_file != NULL && !keyfile_needs_agent(key_file))
		return;
	path = agent_of(address);
	if (*path == '\0')
		(void)unsetenv("SSH_AUTH_SOCK");
	else
		(void)setenv("SSH_AUTH_SOCK", path, 1);
	free(path);
}

/* Can the bastion be tried with this key?  A file that is of no use replaces none. */
static int check_key(const char *gateway, const char *path, struct error *err)
{
	struct authkeys_config wanted = { .address = gateway_address(gateway),
		                          .key_file = path };
	struct authkeys *keys;

	use_agent(wanted.address, path);
	keys = authkeys_load(&wanted, deadline_in(AGENT_MS), err);
	authkeys_free(keys);
	return keys != NULL ? 0 : -1;
}

static int gateway_key(const struct config *config, char *operands[], struct error *err)
{
	const char *file = operands[1];
	char *gateway = gateways_find(config, operands[0], err);
	char *path = realpath(file, NULL);
	char shown[200];
	int rc = -1;

	if (gateway == NULL)
		goto out;
	if (path == NULL) {
		error_errno(err, ERROR_CONFIG, "%s",
		            printable_path(file, shown, sizeof(shown)));
		goto out;
	}
	if (!valid_quoted_path(path)) {
		error_set(err, ERROR_CONFIG,
		          "the path of the key, %s, has a control character or one of \" "
		          "\\ %% $, which ssh cannot be given",
		          printable_path(path, shown, sizeof(shown)));
		goto out;
	}
	if (check_key(gateway, path, err) == -1)
		goto out;
	rc = config_write("gateway-key", gateway_address(gateway), path, err);
	if (rc == 0)
		(void)printf("%s is reached with %s\n", gateway, path);
	/* End the connection that uses the old key. */
	if (rc == 0 && broker_close(gateway, err) == -1)
		rc = -1;
out:
	free(gateway);
	free(path);
	return rc;
}

/* A gateway with a broker, by its name or address; it may be in the inventory no more. */
static char *find_running(const char *name)
{
	struct strvec running = STRVEC_INIT;
	char *gateway;

	broker_list(&running);
	gateway = gateways_pick(&running, name);
	strvec_release(&running);
	return gateway;
}

static int gateway_close(const struct config *config, char *operands[], struct error *err)
{
	char *running = find_running(operands[0]);
	char *gateway =
		running != NULL ? running : gateways_find(config, operands[0], err);
	int rc = gateway != NULL ? broker_close(gateway, err) : -1;

	if (rc != -1 && opensshlogin_end(gateway))
		rc = 1;
	if (rc != -1)
		(void)printf(rc == 1 ? "%s is closed\n" : "%s was not connected\n",
		             gateway);
	free(gateway);
	return rc == -1 ? -1 : 0;
}

/* Log in by ssh on the terminal, for a second factor; the next broker uses that login. */
static int gateway_login(const struct config *config, char *operands[], struct error *err)
{
	const char *name = operands[0];
	struct gateway login;
	struct error ignored = ERROR_INIT;
	const struct gateway_setting *set;
	char *gateway = gateway_split(name, &login) ? xstrdup(name) :
	                                              gateways_find(config, name, err);
	int rc = -1;

	if (gateway == NULL || !gateway_split(gateway, &login))
		goto out;
	set = config_gateway(config, login.address);
	use_agent(login.address, set != NULL ? set->key : NULL);
	rc = opensshlogin_run(&(struct transport_config){ .gateway = gateway,
	                                                  .address = login.address,
	                                                  .user = login.user,
	                                                  .key_file = set != NULL ?
	                                                                      set->key :
	                                                                      NULL },
	                      err);
	if (rc == 0) {
		(void)broker_close(gateway, &ignored);
		(void)printf("logged in on %s; all sessions share this login until it "
		             "is unused for %d hours, or: cxssh gateway close %s\n",
		             gateway, OPENSSHLOGIN_IDLE_S / 3600, login.address);
	}
out:
	free(gateway);
	return rc;
}

static int gateway_serve(const struct config *config, const char *gateway,
                         struct error *err)
{
	struct gateway login;
	const struct gateway_setting *set;
	char *program;
	int rc;

	if (!gateway_split(gateway, &login))
		return error_set(err, ERROR_USAGE, "gateway: not USER@ADDRESS");
	log_start("cxssh-gateway", gateway, config->log_size);
	set = config_gateway(config, login.address);
	use_agent(login.address, set != NULL ? set->key : NULL);
	program = sshconfig_program();
	rc = broker_start(
		&(struct broker_config){
			.gateway = gateway,
			.key_file = set != NULL ? set->key : NULL,
			.transport = set != NULL ? (int)set->transport : TRANSPORT_AUTO,
			.idle_ms = config->gateway_persist * 1000,
			.program = program,
		},
		err);
	free(program);
	return rc;
}

int command_gateway(int argc, char *argv[], struct config *config, struct error *err)
{
	static const struct {
		const char *name;
		int operands;
		gateway_action *run;
	} actions[] = {
		{ "list", 0, gateway_list },
		{ "key", 2, gateway_key },
		{ "login", 1, gateway_login },
		{ "close", 1, gateway_close },
	};

	for (size_t i = 0; argc >= 2 && i < sizeof(actions) / sizeof(actions[0]); i++) {
		int first;

		if (strcmp(argv[1], actions[i].name) != 0)
			continue;
		first = options_parse(argc, argv, NULL, actions[i].operands,
		                      actions[i].operands, err);
		return first == -1 ? -1 : actions[i].run(config, argv + first, err);
	}
	if (argc == 2 && strchr(argv[1], '@') != NULL)
		return gateway_serve(config, argv[1], err);
	return options_no_subcommand(argc, argv, err);
}
