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
#include "command/command.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "hostkey/hostkeyalias.h"
#include "keys/keyfile.h"
#include "route/routefile.h"
#include "route/routelease.h"
#include "runtime/config.h"
#include "runtime/paths.h"

enum { SHOW_MS = 60000 };

static void line(const char *what, const char *value)
{
	(void)printf("%-14s %s\n", what, value);
}

static void show_lease(const struct server *server)
{
	struct error ignored = ERROR_INIT;
	struct route route;
	int64_t now = routelease_now();

	if (routefile_read(server->uid, &route, &ignored) != 1)
		return;
	if (route.lease_until > now)
		(void)printf("%-14s open for %" PRId64 " more minutes, for %s\n",
		             "firewall", (route.lease_until - now + 59) / 60,
		             route.lease_network != NULL ? route.lease_network :
		                                           "an unknown address");
	else
		line("firewall", "no lease; the next connection asks for one");
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

/* A command line that works as it is printed; once key and lease are there, the part from
 * ssh on works without cxssh. */
static void show_by_hand(const struct server *s, const char *identity,
                         const struct config *config)
{
	const struct gateway_setting *gateway =
		s->gateway != NULL ? config_gateway(config, gateway_address(s->gateway)) :
				     NULL;

	(void)printf("%-14s cxssh prepare %s && ssh", "by hand", s->alias);
	if (identity != NULL)
		(void)printf(" -i %s -o IdentitiesOnly=yes", identity);
	if (s->gateway != NULL && gateway != NULL && gateway->key != NULL)
		(void)printf(" -o 'ProxyCommand=ssh -i %s -W %%h:%%p %s'", gateway->key,
		             s->gateway);
	else if (s->gateway != NULL)
		(void)printf(" -J %s", s->gateway);
	(void)printf(" %s@%s\n", s->user, s->address);
}

static void show_server(const struct stack *stack, const struct server *s,
                        const struct config *config)
{
	char *identity = server_identity(s, config);
	char *shown = identity != NULL ? paths_shorten(identity) : NULL;
	struct strbuf roles = STRBUF_INIT;

	strvec_join(&s->roles, ", ", &roles);
	line("host", s->alias);
	line("server", s->name);
	(void)printf("%-14s %s%s%s%s\n", "stack", stack->name,
	             stack->environment[0] ? " (" : "", stack->environment,
	             stack->environment[0] ? ")" : "");
	line("uid", s->uid);
	line("roles", roles.data);
	line("address", s->address);
	line("user", s->user);
	line("through", s->gateway != NULL ? s->gateway : "direct");
	if (shown == NULL)
		line("key", "your own keys (the API has none for this server)");
	else
		(void)printf("%-14s %s%s\n", "key", shown,
		             keyfile_is_usable(identity) ?
		                     "" :
		                     " (downloaded when first needed)");
	show_trust(s->uid);
	show_lease(s);
	show_by_hand(s, shown, config);
	strbuf_release(&roles);
	free(identity);
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
		             servers[i]->health == 4 ? "  failed" : "");
	show_trust(target);
	free(target);
	free(servers);
}

int command_show(int argc, char *argv[], struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct host found;
	int first = options_parse(argc, argv, NULL, NULL, (struct options_range){ 1, 1 },
	                          err);
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
