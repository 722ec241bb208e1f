#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/allow.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/model.h"

enum { ROLES_MAX = 64, WARNINGS_MAX = 100 };

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
	strvec_release(&fleet->warnings);
	*fleet = (struct fleet)FLEET_INIT;
}

/* field is ours; what and its name are already fit to be shown. */
static void warn(struct fleet *fleet, const char *what, const char *name, const char *field)
{
	if (fleet->warnings.count < WARNINGS_MAX)
		strvec_pushf(&fleet->warnings, "skipped %s%s%s: its %s is missing or not allowed",
		             what, name != NULL ? " " : "", name != NULL ? name : "", field);
	else if (fleet->warnings.count == WARNINGS_MAX)
		strvec_push(&fleet->warnings, "skipped more than these");
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

struct stack *fleet_add_stack(struct fleet *fleet, const struct json *item)
{
	const char *uid = text_if(item, "uid", allow_uid);
	const char *name = text_if(item, "name", allow_name);
	const char *environment = text_if(item, "environment", allow_name);
	struct stack *stack;

	if (uid == NULL || name == NULL) {
		warn(fleet, "a stack", name != NULL ? name : uid, uid == NULL ? "uid" : "name");
		return NULL;
	}
	if (environment == NULL && json_text(item, "environment") != NULL &&
	    json_text(item, "environment")[0] != '\0') {
		warn(fleet, "stack", name, "environment");
		return NULL;
	}
	fleet->stacks = xrealloc_array(fleet->stacks, fleet->stack_count + 1, sizeof(*stack));
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

/* "user@address" of the deploy gateway; false where it has one that is not allowed. */
static bool read_gateway(const struct json *item, char **gateway)
{
	const char *address = text_if(item, "deploy_gateway_address", allow_address);
	const char *user = text_if(item, "deploy_gateway_user_name", allow_user);

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
		if (allow_role(role) && !strvec_has(roles, role))
			strvec_push(roles, role);
	}
}

static void note_role(struct stack *stack, const char *name, const char *alias)
{
	for (size_t i = 0; i < stack->role_count; i++) {
		if (strcmp(stack->roles[i].name, name) == 0)
			return;
	}
	stack->roles = xrealloc_array(stack->roles, stack->role_count + 1,
	                              sizeof(*stack->roles));
	stack->roles[stack->role_count++] =
		(struct role){ .name = xstrdup(name), .alias = xstrdup(alias) };
}

/* The field of a server that stands in the way, or NULL. */
static const char *bad_field(const struct json *item)
{
	char *gateway;
	bool ok;

	if (text_if(item, "uid", allow_uid) == NULL)
		return "uid";
	if (text_if(item, "name", allow_name) == NULL)
		return "name";
	if (text_if(item, "address", allow_address) == NULL)
		return "address";
	if (text_if(item, "user_name", allow_user) == NULL)
		return "user_name";
	if (json_text(item, "stack_uid") != NULL && text_if(item, "stack_uid", allow_uid) == NULL)
		return "stack_uid";
	ok = read_gateway(item, &gateway);
	free(gateway);
	return ok ? NULL : "deploy gateway";
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
	const char *owner = json_text(item, "stack_uid");
	const char *alias = text_if(item, "cxssh_alias", allow_alias);
	struct server *s;

	if (bad != NULL) {
		const char *name = text_if(item, "name", allow_name);

		warn(fleet, "a server of stack", stack->name, bad);
		if (name != NULL)
			warn(fleet, "server", name, bad);
		return NULL;
	}
	stack->servers = xrealloc_array(stack->servers, stack->server_count + 1, sizeof(*s));
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
		.ext_ipv4 = copy(text_if(item, "ext_ipv4", allow_ip)),
		.dns_record = copy(text_if(item, "dns_record", allow_address)),
	};
	(void)read_gateway(item, &s->gateway);
	(void)json_number(item, "health_state", &s->health);
	read_roles(item, &s->roles);
	for (size_t i = 0; i < s->roles.count; i++)
		note_role(stack, s->roles.items[i], "");
	return s;
}

static struct json *server_to_json(const struct server *s)
{
	static const char *const keys[] = { NULL, "api", "none" };
	struct json *obj = json_new_object();
	struct json *roles = json_new_array();

	json_put_text(obj, "uid", s->uid);
	json_put_text(obj, "name", s->name);
	json_put_text(obj, "cxssh_alias", s->alias);
	json_put_text(obj, "address", s->address);
	json_put_text(obj, "user_name", s->user);
	json_put_text(obj, "stack_uid", s->stack_uid);
	json_put_flag(obj, "personal_key", s->personal_key);
	json_put_int(obj, "health_state", s->health);
	json_put_text(obj, "cxssh_key", keys[s->key]);
	json_put_text(obj, "ext_ipv4", s->ext_ipv4);
	json_put_text(obj, "dns_record", s->dns_record);
	for (size_t i = 0; i < s->roles.count; i++)
		json_push_text(roles, s->roles.items[i]);
	json_put(obj, "server_roles", roles);
	json_put_flag(obj, "has_deploy_gateway", s->gateway != NULL);
	if (s->gateway != NULL) {
		const char *at = strchr(s->gateway, '@');
		char *user = xstrndup(s->gateway, (size_t)(at - s->gateway));

		json_put_text(obj, "deploy_gateway_user_name", user);
		json_put_text(obj, "deploy_gateway_address", at + 1);
		free(user);
	}
	return obj;
}

static struct json *stack_to_json(const struct stack *s)
{
	struct json *obj = json_new_object();
	struct json *servers = json_new_array();
	struct json *aliases = json_new_object();

	json_put_text(obj, "uid", s->uid);
	json_put_text(obj, "name", s->name);
	json_put_text(obj, "environment", s->environment);
	json_put_text(obj, "git", s->git);
	json_put_text(obj, "git_branch", s->git_branch);
	for (size_t i = 0; i < s->role_count; i++)
		json_put_text(aliases, s->roles[i].name, s->roles[i].alias);
	json_put(obj, "cxssh_roles", aliases);
	for (size_t i = 0; i < s->server_count; i++)
		json_push(servers, server_to_json(&s->servers[i]));
	json_put(obj, "servers", servers);
	return obj;
}

struct json *fleet_to_json(const struct fleet *fleet)
{
	struct json *doc = json_new_object();
	struct json *stacks = json_new_array();

	json_put_int(doc, "fetched_at", fleet->fetched_at);
	for (size_t i = 0; i < fleet->stack_count; i++)
		json_push(stacks, stack_to_json(&fleet->stacks[i]));
	json_put(doc, "stacks", stacks);
	return doc;
}

int fleet_from_json(struct fleet *fleet, const struct json *doc, struct error *err)
{
	const struct json *stacks;

	if (json_get_array(doc, "stacks", &stacks, err) == -1)
		return -1;
	(void)json_number(doc, "fetched_at", &fleet->fetched_at);
	for (size_t i = 0; i < json_count(stacks); i++) {
		const struct json *item = json_at(stacks, i);
		struct stack *stack = fleet_add_stack(fleet, item);
		const struct json *servers;

		if (stack == NULL)
			continue;
		if (json_get_array(item, "servers", &servers, err) == -1)
			return -1;
		for (size_t k = 0; k < json_count(servers); k++)
			(void)fleet_add_server(fleet, stack, json_at(servers, k));
		for (size_t k = 0; k < stack->role_count; k++) {
			struct role *role = &stack->roles[k];
			const char *alias = text_if(json_member(item, "cxssh_roles"),
			                            role->name, allow_alias);

			free(role->alias);
			role->alias = xstrdup(alias != NULL ? alias : "");
		}
	}
	return 0;
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

			if (server_has_role(s, role) && (s->health != 4) == (healthy == 1))
				(*servers)[n++] = s;
		}
	}
	return n;
}
