/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "cli/table.h"
#include "cloud66/api.h"
#include "command/leaselist.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "route/routefile.h"
#include "route/routelease.h"
#include "runtime/config.h"

struct rule {
	const struct stack *stack;
	const struct server *server; /* NULL: of none that is known */
	bool for_all;                /* servers of the stack */
	int64_t port;
	char *from; /* owned */
};

struct rules {
	struct rule *items;
	size_t count;
	const struct stack *stack; /* whose rules are fetched */
	const struct host *only;   /* NULL: all */
};

/* ---- fetching ---- */

/* Is the rule for one of the servers that are asked for? */
static bool is_wanted(const struct rules *rules, const char *server_uid)
{
	struct server **servers;
	size_t count;
	bool found = false;

	if (rules->only == NULL || server_uid == NULL)
		return true;
	count = host_servers(rules->only, &servers);
	for (size_t i = 0; i < count; i++)
		found = found || strcmp(servers[i]->uid, server_uid) == 0;
	free(servers);
	return found;
}

static bool is_same(const struct rule *a, const struct rule *b)
{
	return a->stack == b->stack && a->server == b->server &&
	       a->for_all == b->for_all && a->port == b->port &&
	       strcmp(a->from, b->from) == 0;
}

static void add_rule(const struct api_firewall_rule *given, void *cookie)
{
	struct rules *rules = cookie;
	struct rule rule = { .stack = rules->stack,
		             .for_all = given->server_uid == NULL,
		             .port = given->port };

	if (!is_wanted(rules, given->server_uid))
		return;
	if (!rule.for_all)
		rule.server = stack_server(rules->stack, given->server_uid);
	rule.from = xstrdup(given->from);
	/* A lease that was taken again is another rule, which lets in nothing more. */
	for (size_t i = 0; i < rules->count; i++) {
		if (is_same(&rules->items[i], &rule)) {
			free(rule.from);
			return;
		}
	}
	rules->items = xgrow_array(rules->items, rules->count, sizeof(*rules->items));
	rules->items[rules->count++] = rule;
}

static bool has_lease(const struct stack *stack)
{
	for (size_t i = 0; i < stack->server_count; i++) {
		if (routelease_left(stack->servers[i].uid) > 0)
			return true;
	}
	return false;
}

static int fetch(const struct config *config, const struct fleet *fleet,
                 const struct host *found, struct rules *rules, struct deadline until,
                 struct error *err)
{
	struct api *api = api_session(config, until, err);
	int rc = api != NULL ? 0 : -1;

	for (size_t i = 0; i < fleet->stack_count && rc == 0; i++) {
		rules->stack = &fleet->stacks[i];
		if (found->stack != NULL ? found->stack == rules->stack :
		                           has_lease(rules->stack))
			rc = api_firewall_rules(api, rules->stack->uid, add_rule, rules,
			                        until, err);
	}
	api_free(api);
	return rc;
}

/* ---- which rule is the lease of this machine ---- */

/* Are both one address?  The API may call it a network of one. */
static bool is_address(const char *from, const char *address)
{
	size_t len = strcspn(from, "/");

	return strncmp(from, address, len) == 0 && address[len] == '\0' &&
	       (from[len] == '\0' || strcmp(from + len, "/32") == 0 ||
	        strcmp(from + len, "/128") == 0);
}

/* How many rules let in to the same port of the same server: all, or address alone. */
static size_t count_for(const struct rules *rules, const struct rule *rule,
                        const char *address)
{
	size_t count = 0;

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *r = &rules->items[i];

		count += r->server == rule->server && r->port == rule->port &&
		         (address == NULL || is_address(r->from, address));
	}
	return count;
}

/*
 * The address that this machine's lease is for is not known behind NAT: then it is that
 * of the only rule there is, and among several none can be told to be it.
 */
static bool is_own(const struct rules *rules, const struct rule *rule,
                   const struct route *route, const struct config *config)
{
	const char *address = strcmp(config->from_ip, "AUTO") != 0 ? config->from_ip :
	                                                             route->lease_network;

	if (address != NULL && count_for(rules, rule, address) > 0)
		return is_address(rule->from, address);
	return count_for(rules, rule, NULL) == 1;
}

/* Seconds that the rule is still there as the lease of this machine; 0: it is not. */
static int64_t seconds_left(const struct rules *rules, const struct rule *rule,
                            const struct config *config)
{
	struct error ignored = ERROR_INIT;
	struct route route;
	int64_t left = 0;

	if (rule->server == NULL || rule->port != SSH_PORT ||
	    routefile_read(rule->server->uid, &route, &ignored) != 1)
		return 0;
	if (is_own(rules, rule, &route, config))
		left = route.lease_until - routelease_now();
	routefile_release(&route);
	return left > 0 ? left : 0;
}

/* ---- printing ---- */

static void add_row(struct table *table, const struct rules *rules,
                    const struct rule *rule, const struct config *config)
{
	int64_t seconds = seconds_left(rules, rule, config);
	char port[16];
	char left[32] = "";

	(void)snprintf(port, sizeof(port), "%" PRId64, rule->port);
	if (seconds > 0)
		(void)snprintf(left, sizeof(left), "%" PRId64 " min",
		               (seconds + 59) / 60);
	table_add(table,
	          (const char *const[]){ rule->stack->name, rule->stack->environment,
	                                 rule->server != NULL ? rule->server->alias :
	                                 rule->for_all        ? "all servers" :
	                                                        "another server",
	                                 port, rule->from, left });
}

static void print(const struct rules *rules, const struct config *config)
{
	static const struct table_column columns[] = {
		{ .heading = "STACK", .keep = 2 },
		{ .heading = "ENVIRONMENT", .keep = 1 },
		{ .heading = "HOST" },
		{ .heading = "PORT", .keep = 3 },
		{ .heading = "FROM", .keep = 5 },
		{ .heading = "LEFT", .keep = 4 },
	};
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < rules->count; i++)
		add_row(table, rules, &rules->items[i], config);
	table_finish(table);
}

int leaselist_print(const struct config *config, const struct fleet *fleet,
                    const struct host *found, struct deadline until, struct error *err)
{
	bool is_host = found->server != NULL || found->role != NULL;
	struct rules rules = { .only = is_host ? found : NULL };
	int rc = fetch(config, fleet, found, &rules, until, err);

	if (rc == 0 && rules.count == 0)
		(void)printf(found->stack != NULL ?
		                     "the firewall lets in no address\n" :
		                     "this machine has no lease; those of others: "
		                     "cxssh lease --list --stack NAME\n");
	if (rc == 0)
		print(&rules, config);
	for (size_t i = 0; i < rules.count; i++)
		free(rules.items[i].from);
	free(rules.items);
	return rc;
}
