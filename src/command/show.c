/* SPDX-License-Identifier: MIT */
/* show - print all that is known of one host. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/options.h"
#include "cloud66/api.h"
#include "command/command.h"
#include "fleet/host.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/resolve.h"
#include "fleet/store.h"
#include "hostkey/hostkeyalias.h"
#include "keys/keyfile.h"
#include "route/routefile.h"
#include "route/routelease.h"
#include "runtime/config.h"
#include "runtime/paths.h"

enum { SHOW_MS = 60000, RULES_MS = 5000 };

static void line(const char *what, const char *value)
{
	(void)printf("%-14s %s\n", what, value);
}

struct sources {
	const struct server *server;
	struct strvec addresses;
};

static void add_source(const struct api_firewall_rule *rule, void *cookie)
{
	struct sources *sources = cookie;

	if (rule->port == SSH_PORT &&
	    (rule->server_uid == NULL ||
	     strcmp(rule->server_uid, sources->server->uid) == 0))
		strvec_push_once(&sources->addresses, rule->from);
}

/* What the firewall lets in, as the API says; "" where it does not say.  Blocks, at most
 * RULES_MS. */
static void add_sources(const struct server *server, const struct config *config,
                        struct strbuf *out)
{
	struct deadline until = deadline_in(RULES_MS);
	struct error ignored = ERROR_INIT;
	struct sources sources = { server, STRVEC_INIT };
	struct api *api = api_session(config, until, &ignored);

	if (api != NULL && api_firewall_rules(api, server->stack_uid, add_source,
	                                      &sources, until, &ignored) == 0)
		strvec_join(&sources.addresses, ", ", out);
	api_free(api);
	strvec_release(&sources.addresses);
}

static void show_lease(const struct server *server, const struct config *config)
{
	struct error ignored = ERROR_INIT;
	struct strbuf sources = STRBUF_INIT;
	struct route route;
	int64_t now = routelease_now();

	if (routefile_read(server->uid, &route, &ignored) != 1)
		return;
	if (route.lease_until > now) {
		add_sources(server, config, &sources);
		(void)printf("%-14s open for %" PRId64 " more minutes, for %s\n",
		             "firewall", (route.lease_until - now + 59) / 60,
		             sources.len > 0 ? sources.data :
		             strcmp(config->from_ip, "AUTO") != 0 ?
		                               config->from_ip :
		                               "the address that the API saw");
	} else {
		line("firewall", "no lease; the next connection asks for one");
	}
	strbuf_release(&sources);
	routefile_release(&route);
}

static void show_trust(const char *target)
{
	struct strvec names = STRVEC_INIT;
	char *name = hostkey_alias(target);

	strvec_push(&names, name);
	(void)printf("%-14s %s (%s)\n", "host key",
	             hostkey_is_listed(&names) ? "known" : "not known yet", name);
	strvec_release(&names);
	free(name);
}

/* Options by which plain ssh checks a host key that cxssh has learnt. */
static void print_trust(const char *alias)
{
	(void)printf(" -o HostKeyAlias=%s -o UserKnownHostsFile=~/.ssh/cxssh/known_hosts",
	             alias);
}

static void print_bastion(const char *gateway, const struct config *config)
{
	const struct gateway_setting *set =
		config_gateway(config, gateway_address(gateway));
	char *alias = hostkey_gateway_alias(gateway_address(gateway));

	(void)printf(" -o 'ProxyCommand=ssh");
	if (set != NULL && set->key != NULL)
		(void)printf(strchr(set->key, ' ') != NULL ? " -i \"%s\"" : " -i %s",
		             set->key);
	print_trust(alias);
	(void)printf(" -W %%h:%%p %s'", gateway);
	free(alias);
}

/* A command line that works as it is printed; once key, lease and host key are there, the
 * part from ssh on works without cxssh. */
static void show_by_hand(const struct server *s, const char *identity,
                         const struct config *config)
{
	char *alias = hostkey_alias(s->uid);

	(void)printf("%-14s cxssh prepare %s && ssh", "by hand", s->alias);
	if (identity != NULL)
		(void)printf(" -i %s -o IdentitiesOnly=yes", identity);
	print_trust(alias);
	if (s->gateway != NULL)
		print_bastion(s->gateway, config);
	(void)printf(" %s@%s\n", s->user, s->address);
	free(alias);
}

static void show_folders(const struct stack *stack)
{
	if (stack->deploy_directory == NULL)
		return;
	line("deployed to", stack->deploy_directory);
	(void)printf("%-14s %s/" LOG_FOLDER "\n", "logs", stack->deploy_directory);
}

static void show_server(const struct stack *stack, const struct server *s,
                        const struct config *config)
{
	char *identity = server_identity(s, config);
	char *apn = fleet_apn_name(s, config);
	char *shown = identity != NULL ? paths_shorten(identity) : NULL;
	struct strbuf roles = STRBUF_INIT;

	strvec_join(&s->roles, ", ", &roles);
	line("host", s->alias);
	line("server", s->name);
	(void)printf("%-14s %s%s%s%s\n", "stack", stack->name,
	             stack->environment[0] ? " (" : "", stack->environment,
	             stack->environment[0] ? ")" : "");
	line("uid", s->uid);
	line("roles", s->roles.count > 0 ? roles.data : "-");
	line("address", s->address);
	line("health", server_health(s));
	line("user", s->user);
	line("through", s->gateway != NULL ? s->gateway : "direct");
	if (apn != NULL)
		line("private net", apn);
	if (shown == NULL)
		line("key", "your own keys (the API has none for this server)");
	else
		(void)printf("%-14s %s%s\n", "key", shown,
		             keyfile_is_usable(identity) ?
		                     "" :
		                     " (downloaded when first needed)");
	show_folders(stack);
	show_trust(s->uid);
	show_lease(s, config);
	show_by_hand(s, shown, config);
	strbuf_release(&roles);
	free(identity);
	free(apn);
	free(shown);
}

static void show_role(const struct host *host)
{
	const struct stack *stack = host->stack;
	const struct role *role = host->role;
	struct server **servers;
	size_t count = host_servers(host, &servers);
	char *target = host_target(host);

	line("host", role->alias);
	line("role", role->name);
	(void)printf("%-14s %s (%s)\n", "stack", stack->name, stack->environment);
	for (size_t i = 0; i < count; i++)
		(void)printf("%-14s %s  %s%s\n", i == 0 ? "servers" : "",
		             servers[i]->alias, servers[i]->address,
		             servers[i]->health == HEALTH_FAILED ? "  failed" : "");
	show_folders(stack);
	show_trust(target);
	free(target);
	free(servers);
}

int command_show(int argc, char *argv[], struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct host found;
	int first = options_parse(argc, argv, NULL, 1, 1, err);
	int rc;

	if (first == -1)
		return -1;
	rc = resolve_host(config, argv[first], &fleet, &found, deadline_in(SHOW_MS), err);
	if (rc == 0 && found.server != NULL)
		show_server(found.stack, found.server, config);
	else if (rc == 0)
		show_role(&found);
	fleet_release(&fleet);
	return rc;
}
