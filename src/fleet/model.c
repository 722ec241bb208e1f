/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/model.h"

/* More is no fleet, but somebody who wants to keep us busy. */
enum {
	ROLES_MAX = 64, /* of a server */
	STACK_ROLES_MAX = 512,
	SERVERS_MAX = 20000,
	STACKS_MAX = 5000,
	WARNINGS_MAX = 100,
};

static void server_release(struct server *s)
{
	free(s->uid);
	free(s->name);
	free(s->alias);
	free(s->address);
	free(s->user);
	free(s->stack_uid);
	free(s->gateway);
	free(s->ext_ipv4);
	free(s->dns_record);
	strvec_release(&s->roles);
}

void stack_clear(struct stack *stack)
{
	for (size_t i = 0; i < stack->server_count; i++)
		server_release(&stack->servers[i]);
	for (size_t i = 0; i < stack->role_count; i++) {
		free(stack->roles[i].name);
		free(stack->roles[i].alias);
	}
	free(stack->servers);
	free(stack->roles);
	stack->servers = NULL;
	stack->roles = NULL;
	stack->server_count = 0;
	stack->role_count = 0;
	stack->roles_skipped = false;
}

void fleet_release(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		stack_clear(s);
		free(s->uid);
		free(s->name);
		free(s->environment);
		free(s->git);
		free(s->git_branch);
	}
	free(fleet->stacks);
	for (size_t i = 0; i < fleet->other_count; i++) {
		free(fleet->others[i].uid);
		free(fleet->others[i].name);
		free(fleet->others[i].environment);
	}
	free(fleet->others);
	free(fleet->profile);
	strvec_release(&fleet->warnings);
	*fleet = (struct fleet)FLEET_INIT;
}

/* Somebody and why: fit to be shown, names that have passed included. */
static void warn(struct fleet *fleet, const char *somebody, const char *why)
{
	if (fleet->warnings.count < WARNINGS_MAX)
		strvec_pushf(&fleet->warnings, "skipped %s: %s", somebody, why);
	else if (fleet->warnings.count == WARNINGS_MAX)
		strvec_push(&fleet->warnings, "skipped more than these");
}

static void warn_field(struct fleet *fleet, const char *somebody, const char *field)
{
	char *why = xasprintf("its %s is missing or not allowed", field);

	warn(fleet, somebody, why);
	free(why);
}

/* The text under key if allowed() takes it, else NULL. */
static const char *text_if(const struct json *item, const char *key,
                           bool (*allowed)(const char *text))
{
	const char *text = json_text(item, key);

	return text != NULL && allowed(text) ? text : NULL;
}

static char *copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

/* Text that is only compared, never written anywhere: git remotes and branches. */
static bool any_short(const char *text)
{
	return strnlen(text, 1025) <= 1024;
}

/* Is there more than nothing under key? */
static bool has(const struct json *item, const char *key)
{
	const struct json *value = json_member(item, key);
	const char *text = json_string(value);

	return json_kind(value) != JSON_NULL && (text == NULL || text[0] != '\0');
}

struct stack *fleet_add_stack(struct fleet *fleet, const struct json *item)
{
	const char *uid = text_if(item, "uid", valid_uid);
	const char *name = text_if(item, "name", valid_name);
	const char *environment = text_if(item, "environment", valid_name);
	struct stack *stack;

	const char *bad = uid == NULL  ? "uid" :
	                  name == NULL ? "name" :
	                  environment == NULL && has(item, "environment") ?
	                                 "environment" :
	                                 NULL;

	if (fleet->stack_count >= STACKS_MAX) {
		warn(fleet, "a stack", "there are too many");
		return NULL;
	}
	if (bad != NULL) {
		const char *known = name != NULL ? name : uid;
		char *somebody = xasprintf("a stack%s%s", known != NULL ? " " : "",
		                           known != NULL ? known : "");

		warn_field(fleet, somebody, bad);
		free(somebody);
		return NULL;
	}
	fleet->stacks =
		xrealloc_array(fleet->stacks, fleet->stack_count + 1, sizeof(*stack));
	stack = &fleet->stacks[fleet->stack_count++];
	*stack = (struct stack){
		.uid = xstrdup(uid),
		.name = xstrdup(name),
		.environment = xstrdup(environment != NULL ? environment : ""),
		.git = copy(text_if(item, "git", any_short)),
		.git_branch = copy(text_if(item, "git_branch", any_short)),
	};
	return stack;
}

void fleet_add_other(struct fleet *fleet, const struct json *item)
{
	const char *uid = text_if(item, "uid", valid_uid);
	const char *name = text_if(item, "name", valid_name);
	const char *environment = text_if(item, "environment", valid_name);

	/* What could not be written has no name to be told from. */
	if (uid == NULL || name == NULL || fleet->other_count >= STACKS_MAX ||
	    (environment == NULL && has(item, "environment")))
		return;
	fleet->others = xrealloc_array(fleet->others, fleet->other_count + 1,
	                               sizeof(*fleet->others));
	fleet->others[fleet->other_count++] = (struct stack){
		.uid = xstrdup(uid),
		.name = xstrdup(name),
		.environment = xstrdup(environment != NULL ? environment : ""),
	};
}

/* "user@address" of the deploy gateway; false where it has one that is not allowed. */
static bool read_gateway(const struct json *item, char **gateway)
{
	const char *address = text_if(item, "deploy_gateway_address", valid_address);
	const char *user = text_if(item, "deploy_gateway_user_name", valid_user);

	*gateway = NULL;
	if (!json_flag(item, "has_deploy_gateway"))
		return true;
	if (address == NULL || user == NULL)
		return false;
	*gateway = xasprintf("%s@%s", user, address);
	return true;
}

static void read_roles(const struct json *item, struct strvec *roles)
{
	const struct json *list = json_member(item, "server_roles");

	if (json_kind(list) != JSON_ARRAY)
		return;
	for (size_t i = 0; i < json_count(list) && roles->count < ROLES_MAX; i++) {
		const char *raw = json_string(json_at(list, i));
		char role[64];
		size_t n;

		if (raw == NULL || strlen(raw) >= sizeof(role))
			continue;
		for (n = 0; raw[n] != '\0'; n++)
			role[n] = (char)tolower((unsigned char)raw[n]);
		role[n] = '\0';
		if (valid_role(role) && !strvec_has(roles, role))
			strvec_push(roles, role);
	}
}

/* Each role becomes a host and a file of its own; false: there are too many. */
static bool note_role(struct stack *stack, const char *name, const char *alias)
{
	for (size_t i = 0; i < stack->role_count; i++) {
		if (strcmp(stack->roles[i].name, name) == 0)
			return true;
	}
	if (stack->role_count >= STACK_ROLES_MAX)
		return false;
	stack->roles = xrealloc_array(stack->roles, stack->role_count + 1,
	                              sizeof(*stack->roles));
	stack->roles[stack->role_count++] =
		(struct role){ .name = xstrdup(name), .alias = xstrdup(alias) };
	return true;
}

/* Take those of the names as roles of s that its stack has room for. */
static void take_roles(struct fleet *fleet, struct stack *stack, struct server *s,
                       const struct strvec *names)
{
	bool room = true;
	char *somebody;

	for (size_t i = 0; i < names->count; i++) {
		if (note_role(stack, names->items[i], ""))
			strvec_push(&s->roles, names->items[i]);
		else
			room = false;
	}
	if (room || stack->roles_skipped)
		return;
	stack->roles_skipped = true; /* said once is enough */
	somebody = xasprintf("roles of stack %s", stack->name);
	warn(fleet, somebody, "there are too many");
	free(somebody);
}

/* The field of a server that stands in the way, or NULL. */
static const char *bad_field(const struct json *item)
{
	char *gateway;
	bool ok;

	if (text_if(item, "uid", valid_uid) == NULL)
		return "uid";
	if (text_if(item, "name", valid_name) == NULL)
		return "name";
	if (text_if(item, "address", valid_address) == NULL)
		return "address";
	if (text_if(item, "user_name", valid_user) == NULL)
		return "user_name";
	if (has(item, "stack_uid") && text_if(item, "stack_uid", valid_uid) == NULL)
		return "stack_uid";
	ok = read_gateway(item, &gateway);
	free(gateway);
	return ok ? NULL : "deploy gateway";
}

/* An API may list a server twice: then the first one counts, or who is reached would
 * depend on who asks. */
static bool is_listed(const struct stack *stack, const char *uid)
{
	for (size_t i = stack->server_count; i > 0; i--) {
		if (strcmp(stack->servers[i - 1].uid, uid) == 0)
			return true;
	}
	return false;
}

/* bad is the field that stands in the way; NULL: another one has this uid. */
static void skip_server(struct fleet *fleet, const struct stack *stack,
                        const struct json *item, const char *bad)
{
	const char *name = text_if(item, "name", valid_name);
	char *somebody =
		xasprintf("%sserver%s%s of stack %s", name != NULL ? "" : "a ",
	                  name != NULL ? " " : "", name != NULL ? name : "", stack->name);

	if (bad != NULL)
		warn_field(fleet, somebody, bad);
	else
		warn(fleet, somebody, "its uid is that of another");
	free(somebody);
}

static enum key_source read_key(const struct json *item)
{
	const char *text = json_text(item, "cxssh_key");

	if (text == NULL)
		return KEY_UNKNOWN;
	return strcmp(text, "api") == 0 ? KEY_FROM_API : KEY_NONE;
}

struct server *fleet_add_server(struct fleet *fleet, struct stack *stack,
                                const struct json *item)
{
	const char *bad = bad_field(item);
	const char *owner = text_if(item, "stack_uid", valid_uid);
	const char *alias = text_if(item, "cxssh_alias", valid_alias);
	struct strvec roles = STRVEC_INIT;
	struct server *s;

	if (stack->server_count >= SERVERS_MAX) {
		warn(fleet, "a server", "its stack has too many");
		return NULL;
	}
	if (bad != NULL || is_listed(stack, json_text(item, "uid"))) {
		skip_server(fleet, stack, item, bad);
		return NULL;
	}
	stack->servers =
		xrealloc_array(stack->servers, stack->server_count + 1, sizeof(*s));
	s = &stack->servers[stack->server_count++];
	*s = (struct server){
		.uid = xstrdup(json_text(item, "uid")),
		.name = xstrdup(json_text(item, "name")),
		.alias = xstrdup(alias != NULL ? alias : ""),
		.address = xstrdup(json_text(item, "address")),
		.user = xstrdup(json_text(item, "user_name")),
		.stack_uid = xstrdup(owner != NULL ? owner : stack->uid),
		.personal_key = json_flag(item, "personal_key"),
		.key = read_key(item),
		.ext_ipv4 = copy(text_if(item, "ext_ipv4", valid_ip)),
		.dns_record = copy(text_if(item, "dns_record", valid_address)),
	};
	(void)read_gateway(item, &s->gateway);
	(void)json_number(item, "health_state", &s->health);
	read_roles(item, &roles);
	take_roles(fleet, stack, s, &roles);
	strvec_release(&roles);
	return s;
}

struct stack *fleet_stack(const struct fleet *fleet, const char *uid)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		if (strcmp(fleet->stacks[i].uid, uid) == 0)
			return &fleet->stacks[i];
	}
	return NULL;
}

struct server *fleet_server(const struct fleet *fleet, const char *uid,
                            struct stack **stack)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++) {
			if (strcmp(s->servers[k].uid, uid) != 0)
				continue;
			if (stack != NULL)
				*stack = s;
			return &s->servers[k];
		}
	}
	return NULL;
}

bool server_has_role(const struct server *server, const char *role)
{
	return strvec_has(&server->roles, role);
}

char *role_target(const struct stack *stack, const struct role *role)
{
	return xasprintf("%s.%s", stack->uid, role->name);
}

size_t role_servers(const struct stack *stack, const char *role, struct server ***servers)
{
	size_t n = 0;

	*servers = xcalloc(stack->server_count + 1, sizeof(**servers));
	for (int healthy = 1; healthy >= 0; healthy--) {
		for (size_t i = 0; i < stack->server_count; i++) {
			struct server *s = &stack->servers[i];

			if (server_has_role(s, role) &&
			    (s->health != 4) == (healthy == 1))
				(*servers)[n++] = s;
		}
	}
	return n;
}
