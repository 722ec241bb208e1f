/* SPDX-License-Identifier: MIT */
/* list - the servers and roles, as a table, as JSON or as an inventory of Ansible. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/natural.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/includeprompt.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/table.h"
#include "command/command.h"
#include "fleet/ansible.h"
#include "fleet/changes.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/rows.h"
#include "fleet/store.h"
#include "fleet/unaddressed.h"
#include "route/routefile.h"
#include "route/routelease.h"
#include "runtime/config.h"

enum { LIST_MS = 60000, ROLES_NAMED = 60 };

struct options {
	struct rows_filter filter;
	bool json;
	bool ansible;
};

/* What is listed. */
struct view {
	const struct fleet *fleet;
	struct host *hosts;
	size_t count;
	bool all;             /* nothing narrows the list */
	struct strvec routes; /* the targets that have a route file, sorted */
};

/* Minutes that the firewall of server stays open for the address of the last lease; 0:
 * closed. */
static int64_t lease_minutes(const struct view *view, const struct server *server)
{
	return strvec_has_sorted(&view->routes, server->uid) ?
	               (routelease_left(server->uid) + 59) / 60 :
	               0;
}

static const char *health_colour(const char *health)
{
	static const char *const colours[] = { NULL, "36", "33", "32", "31" };

	for (size_t i = 0; health_words[i] != NULL; i++) {
		if (strcmp(health_words[i], health) == 0)
			return colours[i];
	}
	return NULL;
}

static void print_servers(const struct view *view, struct strvec *left_out)
{
	static const struct table_column columns[] = {
		{ .heading = "STACK", .keep = 1 },
		{ .heading = "ENVIRONMENT", .keep = 2 },
		{ .heading = "NAME", .keep = 4 },
		{ .heading = "ALIAS" },
		{ .heading = "ROLES", .keep = 6, .shrinks = true },
		{ .heading = "ADDRESS", .keep = 7 },
		{ .heading = "HEALTH", .keep = 8, .colour = health_colour },
		{ .heading = "LEASE", .keep = 5 },
		{ .heading = "BASTION", .keep = 3 },
	};
	struct table *table = table_new(columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < view->count; i++) {
		const struct host *h = &view->hosts[i];
		int64_t minutes = lease_minutes(view, h->server);
		struct strbuf roles = STRBUF_INIT;
		char lease[32] = "";

		strvec_join(&h->server->roles, ",", &roles);
		if (minutes > 0)
			(void)snprintf(lease, sizeof(lease), "%" PRId64 " min", minutes);
		table_add(table,
		          (const char *const[]){
				  h->stack->name, h->stack->environment, h->server->name,
				  h->server->alias, roles.data, h->server->address,
				  server_health(h->server), lease, h->server->gateway });
		strbuf_release(&roles);
	}
	table_print(table, left_out);
	table_free(table);
}

/* ---- the total ---- */

/* Push the aliases of the roles of these servers. */
static void collect_roles(const struct view *view, struct strvec *aliases)
{
	const struct stack *last = NULL;

	for (size_t i = 0; i < view->count; i++) {
		const struct stack *s = view->hosts[i].stack;

		for (size_t k = 0; s != last && k < s->role_count; k++) {
			if (rows_have_role(view->hosts, view->count, s, &s->roles[k]))
				strvec_push(aliases, s->roles[k].alias);
		}
		last = s;
	}
}

/* "heading: item, item", broken before the width of the terminal. */
static void print_items(const char *heading, const struct strvec *items)
{
	int width = table_width();
	int indent = (int)strlen(heading) + 2;
	int at = printf("%s:", heading);

	for (size_t i = 0; i < items->count; i++) {
		int len = (int)strlen(items->items[i]) + 1;

		if (at + 1 + len > (width > 0 ? width : 79) && at > indent)
			at = printf("\n%*s", indent - 1, "") - 1;
		at += printf(" %s%s", items->items[i], i + 1 < items->count ? "," : "");
	}
	(void)putchar('\n');
}

/* Servers without an address yet, of the stacks that are listed, or of all of them. */
static void print_unaddressed(const struct view *view)
{
	struct strvec names = STRVEC_INIT;

	for (size_t i = 0; i < view->fleet->stack_count; i++) {
		const struct stack *s = &view->fleet->stacks[i];
		bool listed = view->all;

		for (size_t k = 0; k < view->count && !listed; k++)
			listed = view->hosts[k].stack == s;
		for (size_t k = 0; k < s->unaddressed.count && listed; k++)
			strvec_pushf(&names, "%s (%s)",
			             unaddressed_name(s->unaddressed.items[k]), s->name);
	}
	if (names.count > 0)
		print_items("no address yet", &names);
	strvec_release(&names);
}

static void print_total(const struct view *view, const struct strvec *left_out)
{
	struct strvec roles = STRVEC_INIT;
	size_t stacks = 0;

	for (size_t i = 0; i < view->count; i++)
		stacks += i == 0 || view->hosts[i].stack != view->hosts[i - 1].stack;
	(void)printf("%s%zu server%s in %zu stack%s\n", view->count > 0 ? "\n" : "",
	             view->count, view->count == 1 ? "" : "s", stacks,
	             stacks == 1 ? "" : "s");
	collect_roles(view, &roles);
	if (roles.count > ROLES_NAMED)
		(void)printf("roles: %zu names; cxssh list WORD names those of fewer "
		             "servers\n",
		             roles.count);
	natural_sort(&roles);
	if (roles.count > 0 && roles.count <= ROLES_NAMED)
		print_items("roles", &roles);
	print_unaddressed(view);
	if (left_out->count > 0)
		print_items("not enough columns for", left_out);
	strvec_release(&roles);
}

/* The names that other machines do not have. */
static void print_kept(const struct view *view)
{
	const struct stack *last = NULL;

	for (size_t i = 0; i < view->count; i++) {
		const struct stack *s = view->hosts[i].stack;

		if (s != last && s->second_prefix != NULL)
			(void)printf("kept: %s-*; elsewhere, and here too: %s-*\n",
			             s->prefix, s->second_prefix);
		last = s;
	}
}

static void print_table(const struct view *view)
{
	struct strvec left_out = STRVEC_INIT;

	print_servers(view, &left_out);
	print_total(view, &left_out);
	print_kept(view);
	strvec_release(&left_out);
}

/* ---- for programs; the members are documented in cxssh(1) ---- */

static void put_stack(struct json *obj, const struct stack *stack)
{
	json_put_text(obj, "stack", stack->name);
	json_put_text(obj, "stack_uid", stack->uid);
	json_put_text(obj, "environment", stack->environment);
}

/* "kept" is a name that leads to the host on this machine only. */
static void put_names(struct json *obj, const struct host *host)
{
	json_put_text(obj, "host", host_qualified_alias(host));
	json_put_text(obj, "kept",
	              host_second_alias(host) != NULL ? host_alias(host) : NULL);
}

static struct json *server_entry(const struct view *view, struct stack *stack,
                                 struct server *s)
{
	struct json *obj = json_new_object();
	struct json *roles = json_new_array();

	put_names(obj, &(struct host){ stack, s, NULL });
	json_put_text(obj, "kind", "server");
	json_put_text(obj, "uid", s->uid);
	json_put_text(obj, "name", s->name);
	put_stack(obj, stack);
	json_put_text(obj, "address", s->address);
	json_put_text(obj, "user", s->user);
	json_put_text(obj, "gateway", s->gateway);
	json_put_text(obj, "health", server_health(s));
	json_put_int(obj, "lease_minutes", lease_minutes(view, s));
	for (size_t i = 0; i < s->roles.count; i++)
		json_push_text(roles, s->roles.items[i]);
	json_put(obj, "roles", roles);
	return obj;
}

static struct json *role_entry(struct stack *stack, struct role *role)
{
	struct json *obj = json_new_object();
	struct json *members = json_new_array();
	struct server **servers;
	struct host host = { stack, NULL, role };
	size_t count = host_servers(&host, &servers);

	put_names(obj, &host);
	json_put_text(obj, "kind", "role");
	json_put_text(obj, "name", role->name);
	put_stack(obj, stack);
	for (size_t i = 0; i < count; i++)
		json_push_text(members, host_qualified_alias(&(struct host){
						stack, servers[i], NULL }));
	json_put(obj, "servers", members);
	free(servers);
	return obj;
}

static void print_json(const struct view *view)
{
	struct json *list = json_new_array();
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < view->count; i++) {
		const struct host *h = &view->hosts[i];
		struct stack *s = h->stack;

		json_push(list, server_entry(view, s, h->server));
		if (i + 1 < view->count && view->hosts[i + 1].stack == s)
			continue;
		for (size_t k = 0; k < s->role_count; k++) {
			if (rows_have_role(view->hosts, view->count, s, &s->roles[k]))
				json_push(list, role_entry(s, &s->roles[k]));
		}
	}
	json_write(list, true, &text);
	strbuf_adds(&text, "\n");
	(void)puts(text.data);
	strbuf_release(&text);
	json_free(list);
}

static void print_ansible(const struct view *view)
{
	struct strbuf text = STRBUF_INIT;

	ansible_inventory(view->fleet, view->hosts, view->count, &text);
	(void)fputs(text.data, stdout);
	strbuf_release(&text);
}

/* ---- the command ---- */

static int set_health(char letter, const char *value, void *cookie, struct error *err)
{
	struct rows_filter *filter = cookie;

	(void)letter;
	for (size_t i = 0; health_words[i] != NULL; i++) {
		if (strcasecmp(health_words[i], value) == 0) {
			filter->health = health_words[i];
			return 0;
		}
	}
	return error_set(err, ERROR_USAGE,
	                 "--health must be unknown, building, impaired, healthy or "
	                 "failed");
}

static int parse(int argc, char *argv[], struct options *options, struct error *err)
{
	struct rows_filter *filter = &options->filter;
	const struct options_place places[] = {
		{ 's', .text = &filter->stack },
		{ 'e', .text = &filter->environment },
		{ 'r', .text = &filter->role },
		{ 'H', .call = set_health, .cookie = filter },
		{ 'J', .flag = &options->json },
		{ 'A', .flag = &options->ansible },
		{ .letter = '\0' },
	};
	const struct manual *manual = manual_find(argc, argv, NULL);
	int first = options_parse(argc, argv, places, 0, argc, err);

	if (first == -1)
		return -1;
	if (options->json && options->ansible)
		return options_error(manual, err, "either --json or --ansible, not both");
	filter->words = argv + first;
	return 0;
}

/* Say how old the list is, and where ssh does not know the names. */
static void print_warnings(const struct fleet *fleet, const struct config *config)
{
	int64_t age = (deadline_wall_ms() - fleet->fetched_ms) / 1000;
	char *refused = changes_refused();

	if (age > config->sync_age)
		(void)fprintf(stderr,
		              "cxssh: this list is %" PRId64
		              " hours old; run: cxssh sync\n",
		              age / 3600);
	if (refused != NULL)
		(void)fprintf(stderr,
		              "cxssh: the last sync was refused: %s; run: cxssh sync\n",
		              refused);
	free(refused);
	if (!includeprompt_is_included())
		(void)fprintf(stderr,
		              "cxssh: ssh does not know these names yet; run: cxssh "
		              "sync --yes\n");
}

/* Is anything asked for but all servers? */
static bool is_filtered(const struct rows_filter *filter)
{
	return filter->stack != NULL || filter->environment != NULL ||
	       filter->role != NULL || filter->health != NULL || filter->words[0] != NULL;
}

/* Does a server fit the filter with this word alone?  The word is plain in a shell. */
static bool fits_alone(const struct fleet *fleet, struct rows_filter filter, char *word)
{
	struct host *hosts = NULL;
	bool found;

	filter.words = (char *[]){ word, NULL };
	found = valid_address(word) && rows_collect(fleet, &filter, &hosts) > 0;
	free(hosts);
	return found;
}

/* No server fits.  Words that fit one by one are told with commas. */
static int no_server(const struct options *options, const struct fleet *fleet,
                     struct error *err)
{
	char *const *words = options->filter.words;
	struct strbuf any = STRBUF_INIT;
	size_t fit = 0;

	if (words[0] != NULL &&
	    unaddressed_tell(fleet->stacks, fleet->stack_count, words[0], words[0], err))
		return -1;
	for (; words[fit] != NULL && fits_alone(fleet, options->filter, words[fit]);
	     fit++)
		strbuf_addf(&any, "%s%s", fit > 0 ? "," : " ", words[fit]);
	if (words[fit] != NULL || fit < 2)
		strbuf_clear(&any);
	if (any.len > 0)
		error_set(err, ERROR_NO_HOST, "no server is like all of these words");
	else
		error_set(err, ERROR_NO_HOST, "no server is like this");
	error_hint(err, "cxssh list%s", any.data);
	strbuf_release(&any);
	return -1;
}

static int print(const struct options *options, const struct fleet *fleet,
                 struct error *err)
{
	struct view view = { .fleet = fleet,
		             .all = !is_filtered(&options->filter),
		             .routes = STRVEC_INIT };
	struct error ignored = ERROR_INIT;

	view.count = rows_collect(fleet, &options->filter, &view.hosts);
	if (view.count == 0 && !view.all) {
		free(view.hosts);
		return no_server(options, fleet, err);
	}
	(void)routefile_list(&view.routes, &ignored); /* then no lease is shown */
	strvec_sort(&view.routes);
	if (options->json)
		print_json(&view);
	else if (options->ansible)
		print_ansible(&view);
	else
		print_table(&view);
	strvec_release(&view.routes);
	free(view.hosts);
	return 0;
}

int command_list(int argc, char *argv[], struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	struct options options = { .json = false };
	int rc = parse(argc, argv, &options, err);

	if (rc == 0)
		rc = fleet_load(config, 0, &fleet, deadline_in(LIST_MS), err);
	if (rc == 0) {
		print_warnings(&fleet, config);
		rc = print(&options, &fleet, err);
	}
	fleet_release(&fleet);
	return rc;
}
