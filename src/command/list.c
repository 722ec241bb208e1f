/* SPDX-License-Identifier: MIT */
/* list - the fleet as a table. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/includeprompt.h"
#include "cli/options.h"
#include "command/command.h"
#include "fleet/model.h"
#include "fleet/store.h"
#include "route/routelease.h"
#include "runtime/config.h"

enum { LIST_MS = 60000 };

static const char *health_word(int64_t health)
{
	static const char *const words[] = { "unknown", "building", "impaired", "healthy",
		                             "failed" };

	return health >= 0 && health <= 4 ? words[health] : "unknown";
}

struct widths {
	int alias;
	int roles;
	int address;
};

static int wider(int width, size_t len)
{
	return (int)len > width ? (int)len : width;
}

static void print_row(const struct widths *w, const char *alias, const char *roles,
                      const char *address, const char *health, const char *through)
{
	(void)printf("%-*s  %-*s  %-*s  %-8s  %s\n", w->alias, alias, w->roles, roles,
	             w->address, address, health, through);
}

/* Stacks of this name or uid; where there are none, those whose name begins so. */
static bool matches(const struct stack *s, const char *only, bool by_prefix)
{
	if (by_prefix)
		return strncasecmp(s->name, only, strlen(only)) == 0;
	return strcasecmp(s->name, only) == 0 || strcmp(s->uid, only) == 0;
}

/* Take the other stacks out of *fleet. */
static void keep_only(struct fleet *fleet, const char *only)
{
	bool by_prefix = true;
	size_t kept = 0;

	for (size_t i = 0; i < fleet->stack_count; i++)
		by_prefix = by_prefix && !matches(&fleet->stacks[i], only, false);
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack s = fleet->stacks[i];

		if (matches(&s, only, by_prefix)) {
			fleet->stacks[i] = fleet->stacks[kept];
			fleet->stacks[kept++] = s;
		}
	}
	while (fleet->stack_count > kept)
		stack_release(&fleet->stacks[--fleet->stack_count]);
}

static void measure(const struct fleet *fleet, struct widths *w)
{
	*w = (struct widths){ .alias = 4, .roles = 5, .address = 7 };
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++) {
			struct strbuf roles = STRBUF_INIT;

			strvec_join(&s->servers[k].roles, ",", &roles);
			w->alias = wider(w->alias, strlen(s->servers[k].alias));
			w->address = wider(w->address, strlen(s->servers[k].address));
			w->roles = wider(w->roles, roles.len);
			strbuf_release(&roles);
		}
		for (size_t k = 0; k < s->role_count; k++)
			w->alias = wider(w->alias, strlen(s->roles[k].alias));
	}
}

static void print_stack(const struct stack *s, const struct widths *w)
{
	for (size_t k = 0; k < s->server_count; k++) {
		const struct server *server = &s->servers[k];
		struct strbuf roles = STRBUF_INIT;

		strvec_join(&server->roles, ",", &roles);
		print_row(w, server->alias, roles.data, server->address,
		          health_word(server->health),
		          server->gateway != NULL ? server->gateway : "direct");
		strbuf_release(&roles);
	}
	for (size_t k = 0; k < s->role_count; k++) {
		struct server **servers;
		size_t count = host_servers(&(struct host){ (struct stack *)s, NULL,
		                                            &s->roles[k] },
		                            &servers);
		char what[64];

		(void)snprintf(what, sizeof(what), "%zu server%s", count,
		               count == 1 ? "" : "s");
		print_row(w, s->roles[k].alias, s->roles[k].name, what, "", "");
		free(servers);
	}
}

static size_t print_table(const struct fleet *fleet)
{
	struct widths w;
	size_t stacks = 0;

	measure(fleet, &w);
	for (size_t i = 0; i < fleet->stack_count; i++) {
		if (stacks++ == 0)
			print_row(&w, "HOST", "ROLES", "ADDRESS", "HEALTH", "THROUGH");
		print_stack(&fleet->stacks[i], &w);
	}
	return stacks;
}

static struct json *server_entry(const struct stack *stack, const struct server *s)
{
	struct json *obj = json_new_object();
	struct json *roles = json_new_array();

	json_put_text(obj, "host", s->alias);
	json_put_text(obj, "kind", "server");
	json_put_text(obj, "uid", s->uid);
	json_put_text(obj, "name", s->name);
	json_put_text(obj, "stack", stack->name);
	json_put_text(obj, "environment", stack->environment);
	json_put_text(obj, "address", s->address);
	json_put_text(obj, "user", s->user);
	json_put_text(obj, "gateway", s->gateway);
	json_put_text(obj, "health", health_word(s->health));
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
	size_t count = host_servers(&(struct host){ stack, NULL, role }, &servers);

	json_put_text(obj, "host", role->alias);
	json_put_text(obj, "kind", "role");
	json_put_text(obj, "name", role->name);
	json_put_text(obj, "stack", stack->name);
	json_put_text(obj, "environment", stack->environment);
	for (size_t i = 0; i < count; i++)
		json_push_text(members, servers[i]->alias);
	json_put(obj, "servers", members);
	free(servers);
	return obj;
}

static size_t print_json(const struct fleet *fleet)
{
	struct json *list = json_new_array();
	struct strbuf text = STRBUF_INIT;
	size_t stacks = 0;

	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		stacks++;
		for (size_t k = 0; k < s->server_count; k++)
			json_push(list, server_entry(s, &s->servers[k]));
		for (size_t k = 0; k < s->role_count; k++)
			json_push(list, role_entry(s, &s->roles[k]));
	}
	json_write(list, true, &text);
	(void)puts(text.data);
	strbuf_release(&text);
	json_free(list);
	return stacks;
}

static int set_json(char letter, const char *value, void *cookie, struct error *err)
{
	(void)letter;
	(void)value;
	(void)err;
	*(bool *)cookie = true;
	return 0;
}

int command_list(int argc, char *argv[], struct config *config, struct error *err)
{
	struct fleet fleet = FLEET_INIT;
	const char *only;
	bool json = false;
	size_t stacks;
	int first = options_parse(argc, argv, set_json, &json,
	                          (struct options_range){ 0, 1 }, err);

	if (first == -1)
		return -1;
	only = argv[first];
	if (fleet_load(config, 0, &fleet, deadline_in(LIST_MS), err) == -1) {
		fleet_release(&fleet);
		return -1;
	}
	if (routelease_now() - fleet.fetched_at > config->sync_age)
		(void)fprintf(stderr,
		              "cxssh: this list is %" PRId64
		              " hours old; run: cxssh sync\n",
		              (routelease_now() - fleet.fetched_at) / 3600);
	if (!includeprompt_is_included())
		(void)fprintf(stderr,
		              "cxssh: ssh does not know these names yet; run: cxssh "
		              "sync --yes\n");
	if (only != NULL)
		keep_only(&fleet, only);
	stacks = json ? print_json(&fleet) : print_table(&fleet);
	fleet_release(&fleet);
	if (stacks == 0 && only != NULL) {
		error_set(err, ERROR_NO_HOST, "no stack of this name or uid");
		return error_hint(err, "cxssh list");
	}
	return 0;
}
