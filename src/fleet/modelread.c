/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "base/utf8.h"
#include "fleet/model.h"
#include "fleet/modelread.h"
#include "fleet/unaddressed.h"

/* Limits against a broken or hostile API. */
enum {
	ROLES_MAX = 64, /* of a server */
	STACK_ROLES_MAX = 512,
	SERVERS_MAX = 20000,
	STACKS_MAX = 5000,
	UID_SHORT = 8, /* in the place of a name */
};

#define BLANKS " \t\r\n"
#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static void warn_field(struct fleet *fleet, const char *what, const char *field)
{
	char *why = xasprintf("its %s is missing or not allowed", field);

	fleet_warn(fleet, what, why);
	free(why);
}

/* The text under key if allowed() takes it, else NULL. */
static const char *text_if(const struct json *item, const char *key,
                           bool (*allowed)(const char *text))
{
	const char *text = json_text(item, key);

	return text != NULL && allowed(text) ? text : NULL;
}

/* At most as long as valid_address() allows. */
struct address {
	char text[254];
};

/* A name in ASCII: at most as long as valid_name() allows. */
struct name {
	char text[129];
};

/* The name under key, in ASCII, in out; NULL when it is missing or not allowed.  One
 * without a letter or digit of ASCII is the begin of the uid, if any. */
static const char *name_of(const struct json *item, const char *key, const char *uid,
                           struct name *out)
{
	const char *text = json_text(item, key);
	char *plain = text != NULL ? utf8_plain_name(text) : NULL;
	bool good;

	if (plain != NULL && strcmp(plain, text) != 0 && uid != NULL &&
	    strcspn(plain, ALNUM) == strlen(plain)) {
		free(plain);
		plain = xstrndup(uid, UID_SHORT);
	}
	good = plain != NULL && valid_name(plain);
	if (good)
		memcpy(out->text, plain, strlen(plain) + 1);
	free(plain);
	return good ? out->text : NULL;
}

/* For text that is compared and never written: git remotes and branches. */
static bool any_short(const char *text)
{
	return strnlen(text, 1025) <= 1024;
}

/* Is the value of key neither null nor ""? */
static bool has(const struct json *item, const char *key)
{
	const struct json *value = json_member(item, key);
	const char *text = json_string(value);

	return json_kind(value) != JSON_NULL && (text == NULL || text[0] != '\0');
}

/* An absolute path that no shell changes. */
static bool plain_folder(const char *text)
{
	return text[0] == '/' && strchr(text, '~') == NULL && valid_path(text);
}

static char *read_namespace(const struct json *item)
{
	const struct json *list = json_member(item, "namespaces");
	const char *first = json_count(list) > 0 ? json_string(json_at(list, 0)) : NULL;

	return first != NULL && valid_alias(first) ? xstrdup(first) : NULL;
}

struct stack *fleet_add_stack(struct fleet *fleet, const struct json *item)
{
	struct name texts[2];
	const char *uid = text_if(item, "uid", valid_uid);
	const char *name = name_of(item, "name", uid, &texts[0]);
	const char *environment = name_of(item, "environment", NULL, &texts[1]);
	struct stack *stack;

	const char *bad = uid == NULL  ? "uid" :
	                  name == NULL ? "name" :
	                  environment == NULL && has(item, "environment") ?
	                                 "environment" :
	                                 NULL;

	if (fleet->stack_count >= STACKS_MAX) {
		fleet_warn(fleet, "a stack", "there are too many");
		return NULL;
	}
	if (bad != NULL) {
		const char *known = name != NULL ? name : uid;
		char *what = xasprintf("a stack%s%s", known != NULL ? " " : "",
		                       known != NULL ? known : "");

		warn_field(fleet, what, bad);
		free(what);
		return NULL;
	}
	fleet->stacks = xgrow_array(fleet->stacks, fleet->stack_count, sizeof(*stack));
	stack = &fleet->stacks[fleet->stack_count++];
	*stack = (struct stack){
		.uid = xstrdup(uid),
		.name = xstrdup(name),
		.environment = xstrdup(environment != NULL ? environment : ""),
		.git = xstrdup_or_null(text_if(item, "git", any_short)),
		.git_branch = xstrdup_or_null(text_if(item, "git_branch", any_short)),
		.deploy_directory =
			xstrdup_or_null(text_if(item, "deploy_directory", plain_folder)),
		.backend = xstrdup_or_null(text_if(item, "backend", valid_role)),
		.kubernetes_namespace = read_namespace(item),
	};
	return stack;
}

void fleet_add_other(struct fleet *fleet, const struct json *item)
{
	struct name texts[2];
	const char *uid = text_if(item, "uid", valid_uid);
	const char *name = name_of(item, "name", uid, &texts[0]);
	const char *environment = name_of(item, "environment", NULL, &texts[1]);

	/* Skip stacks that would get no alias. */
	if (uid == NULL || name == NULL || fleet->other_count >= STACKS_MAX ||
	    (environment == NULL && has(item, "environment")))
		return;
	fleet->others =
		xgrow_array(fleet->others, fleet->other_count, sizeof(*fleet->others));
	fleet->others[fleet->other_count++] = (struct stack){
		.uid = xstrdup(uid),
		.name = xstrdup(name),
		.environment = xstrdup(environment != NULL ? environment : ""),
	};
}

/* An address in out, without blanks around it and without the brackets of a URL; false
 * when it is missing or not allowed. */
static bool address_of(const struct json *item, const char *key, struct address *out)
{
	const char *text = json_text(item, key);
	size_t len;

	if (text == NULL)
		return false;
	text += strspn(text, BLANKS);
	len = strcspn(text, BLANKS);
	if (text[len + strspn(text + len, BLANKS)] != '\0')
		return false;
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(out->text))
		return false;
	memcpy(out->text, text, len);
	out->text[len] = '\0';
	return valid_address(out->text);
}

/* The address that stands for none; a connection to it reaches this machine's own sshd.
 */
static bool is_unspecified(const struct address *address)
{
	return strcmp(address->text, "0.0.0.0") == 0 || strcmp(address->text, "::") == 0;
}

/* "user@address" of the deploy gateway; false where it has one that is not allowed, or
 * where it cannot be told whether it has one: the server's address may then be that of
 * another machine in this machine's own network. */
static bool read_gateway(const struct json *item, char **gateway)
{
	const char *user = text_if(item, "deploy_gateway_user_name", valid_user);
	struct address address;

	*gateway = NULL;
	if (json_tristate(item, "has_deploy_gateway") == 0)
		return true;
	if (!json_flag(item, "has_deploy_gateway") || user == NULL ||
	    !address_of(item, "deploy_gateway_address", &address) ||
	    is_unspecified(&address))
		return false;
	*gateway = xasprintf("%s@%s", user, address.text);
	return true;
}

bool fleet_role_name(const char *raw, char out[static FLEET_ROLE_SIZE])
{
	size_t len;

	raw += strspn(raw, " ");
	len = strlen(raw);
	while (len > 0 && raw[len - 1] == ' ')
		len--;
	if (len >= FLEET_ROLE_SIZE)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = raw[i] == ' ' || raw[i] == '.' ?
		                 '-' :
		                 (char)tolower((unsigned char)raw[i]);
	out[len] = '\0';
	return valid_role(out);
}

/* False where one is left out. */
static bool read_roles(const struct json *item, struct strvec *roles)
{
	const struct json *list = json_member(item, "server_roles");
	bool all = true;

	for (size_t i = 0; i < json_count(list) && roles->count < ROLES_MAX; i++) {
		const char *raw = json_string(json_at(list, i));
		char role[FLEET_ROLE_SIZE];

		if (raw == NULL || !fleet_role_name(raw, role))
			all = false;
		else
			strvec_push_once(roles, role);
	}
	return all;
}

/* Add a role to the stack, once; false: it has too many. */
static bool note_role(struct stack *stack, const char *name)
{
	if (stack_role(stack, name) != NULL)
		return true;
	if (stack->role_count >= STACK_ROLES_MAX)
		return false;
	stack_add_role(stack, name);
	return true;
}

/* Once for each stack: *warned says so. */
static void warn_roles(struct fleet *fleet, const struct stack *stack, bool *warned,
                       const char *why)
{
	char *what;

	if (*warned)
		return;
	*warned = true;
	what = xasprintf("roles of stack %s", stack->name);
	fleet_warn(fleet, what, why);
	free(what);
}

/* Add the names as roles of s, up to the limit of its stack. */
static void take_roles(struct fleet *fleet, struct stack *stack, struct server *s,
                       const struct strvec *names)
{
	bool fits = true;

	for (size_t i = 0; i < names->count; i++) {
		if (note_role(stack, names->items[i]))
			strvec_push(&s->roles, names->items[i]);
		else
			fits = false;
	}
	if (!fits)
		warn_roles(fleet, stack, &stack->roles_skipped, "there are too many");
}

/* The fields without which a server is skipped. */
struct fields {
	const char *uid;
	const char *user;
	const char *owner; /* of the server, or NULL: the stack that lists it */
	struct name name;
	struct address address;
	char *gateway; /* the reader's, to free; or NULL */
};

/* Read them all, and tell the first one that is missing or not allowed; NULL: all are
 * there. */
static const char *read_fields(const struct json *item, struct fields *fields)
{
	fields->gateway = NULL;
	fields->uid = text_if(item, "uid", valid_uid);
	if (fields->uid == NULL)
		return "uid";
	if (name_of(item, "name", fields->uid, &fields->name) == NULL)
		return "name";
	if (!address_of(item, "address", &fields->address) ||
	    is_unspecified(&fields->address))
		return "address";
	fields->user = text_if(item, "user_name", valid_user);
	if (fields->user == NULL)
		return "user_name";
	fields->owner = text_if(item, "stack_uid", valid_uid);
	if (fields->owner == NULL && has(item, "stack_uid"))
		return "stack_uid";
	return read_gateway(item, &fields->gateway) ? NULL : "deploy gateway";
}

/* Without an address, as while it is being made? */
static bool is_unaddressed(const struct json *item, const char *bad)
{
	struct address address;

	return bad != NULL && strcmp(bad, "address") == 0 &&
	       (!has(item, "address") || address_of(item, "address", &address));
}

/* bad is the field that is not allowed; NULL: another server has this uid. */
static void skip_server(struct fleet *fleet, struct stack *stack, const struct json *item,
                        const char *bad)
{
	const char *uid = text_if(item, "uid", valid_uid);
	struct name text;
	const char *name = name_of(item, "name", uid, &text);
	char *what =
		xasprintf("%sserver%s%s of stack %s", name != NULL ? "" : "a ",
	                  name != NULL ? " " : "", name != NULL ? name : "", stack->name);

	if (is_unaddressed(item, bad)) {
		unaddressed_add(stack, uid, name);
		fleet_warn(fleet, what, "the API names no address for it yet");
	} else if (bad != NULL) {
		warn_field(fleet, what, bad);
	} else {
		fleet_warn(fleet, what, "its uid is that of another");
	}
	free(what);
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
	struct strvec roles = STRVEC_INIT;
	struct fields fields;
	const char *alias;
	const char *bad;
	struct server *s;

	if (stack->server_count >= SERVERS_MAX) {
		fleet_warn(fleet, "a server", "its stack has too many");
		return NULL;
	}
	bad = read_fields(item, &fields);
	/* Where the API lists a server twice the first entry counts: otherwise the
	 * address that a session reaches would depend on the code that looks it up. */
	if (bad != NULL || stack_server(stack, fields.uid) != NULL) {
		skip_server(fleet, stack, item, bad);
		free(fields.gateway);
		return NULL;
	}
	alias = text_if(item, "cxssh_alias", valid_alias);
	stack->servers = xgrow_array(stack->servers, stack->server_count, sizeof(*s));
	s = &stack->servers[stack->server_count++];
	*s = (struct server){
		.uid = xstrdup(fields.uid),
		.name = xstrdup(fields.name.text),
		.alias = xstrdup(alias != NULL ? alias : ""),
		.second_alias =
			xstrdup_or_null(text_if(item, "cxssh_second_alias", valid_alias)),
		.address = xstrdup(fields.address.text),
		.user = xstrdup(fields.user),
		.stack_uid = xstrdup(fields.owner != NULL ? fields.owner : stack->uid),
		.stack_name = xstrdup(stack->name),
		.personal_key = json_flag(item, "personal_key"),
		.key = read_key(item),
		.ext_ipv4 = xstrdup_or_null(text_if(item, "ext_ipv4", valid_ip)),
		.dns_record = xstrdup_or_null(text_if(item, "dns_record", valid_address)),
		.is_kubernetes_master = json_flag(item, "is_kubernetes_master"),
		.gateway = fields.gateway,
	};
	(void)json_number(item, "health_state", &s->health);
	if (!read_roles(item, &roles))
		warn_roles(fleet, stack, &stack->roles_bad,
		           "a name in server_roles is not allowed");
	take_roles(fleet, stack, s, &roles);
	strvec_release(&roles);
	return s;
}
