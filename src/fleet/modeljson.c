/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "fleet/model.h"
#include "fleet/modeljson.h"
#include "fleet/modelread.h"
#include "fleet/unaddressed.h"

/* Written to the inventory file and compared on reading.  To be raised whenever a member
 * changes its meaning. */
enum { FORMAT_VERSION = 1 };
#define FORMAT_KEY "cxssh_format"

/* In the first document: how many stacks they have in all. */
#define COUNT_KEY "cxssh_stack_count"

/* What is not known, false or the default is left out: reading takes it so, and with ten
 * thousand servers each member costs 10 ms. */
static void put_known(struct json *obj, const char *key, const char *text)
{
	if (text != NULL)
		json_put_text(obj, key, text);
}

static void put_true(struct json *obj, const char *key, bool flag)
{
	if (flag)
		json_put_flag(obj, key, true);
}

static struct json *server_to_json(const struct server *s, const struct stack *stack)
{
	static const char *const keys[] = { NULL, "api", "none" };
	struct json *obj = json_new_object();
	struct json *roles = json_new_array();
	struct gateway gateway;

	json_put_text(obj, "uid", s->uid);
	json_put_text(obj, "name", s->name);
	json_put_text(obj, "cxssh_alias", s->alias);
	put_known(obj, "cxssh_second_alias", s->second_alias);
	json_put_text(obj, "address", s->address);
	json_put_text(obj, "user_name", s->user);
	if (strcmp(s->stack_uid, stack->uid) != 0)
		json_put_text(obj, "stack_uid", s->stack_uid);
	put_true(obj, "personal_key", s->personal_key);
	json_put_int(obj, "health_state", s->health);
	put_known(obj, "cxssh_key", keys[s->key]);
	put_known(obj, "ext_ipv4", s->ext_ipv4);
	put_known(obj, "dns_record", s->dns_record);
	for (size_t i = 0; i < s->roles.count; i++)
		json_push_text(roles, s->roles.items[i]);
	json_put(obj, "server_roles", roles);
	put_true(obj, "is_kubernetes_master", s->is_kubernetes_master);
	put_true(obj, "has_deploy_gateway", s->gateway != NULL);
	if (s->gateway != NULL && gateway_split(s->gateway, &gateway)) {
		json_put_text(obj, "deploy_gateway_user_name", gateway.user);
		json_put_text(obj, "deploy_gateway_address", gateway.address);
	}
	return obj;
}

static struct json *other_to_json(const struct stack *s)
{
	struct json *obj = json_new_object();

	json_put_text(obj, "uid", s->uid);
	json_put_text(obj, "name", s->name);
	json_put_text(obj, "environment", s->environment);
	return obj;
}

static struct json *stack_to_json(const struct stack *s)
{
	struct json *obj = other_to_json(s);
	struct json *servers = json_new_array();
	struct json *aliases = json_new_object();
	struct json *second = json_new_object();
	struct json *namespaces = json_new_array();
	struct json *unaddressed = json_new_array();

	put_known(obj, "cxssh_prefix", s->prefix);
	put_known(obj, "cxssh_second_prefix", s->second_prefix);
	put_known(obj, "git", s->git);
	put_known(obj, "git_branch", s->git_branch);
	put_known(obj, "deploy_directory", s->deploy_directory);
	put_known(obj, "backend", s->backend);
	if (s->kubernetes_namespace != NULL)
		json_push_text(namespaces, s->kubernetes_namespace);
	json_put(obj, "namespaces", namespaces);
	for (size_t i = 0; i < s->role_count; i++) {
		json_put_text(aliases, s->roles[i].name, s->roles[i].alias);
		json_put_text(second, s->roles[i].name, s->roles[i].second_alias);
	}
	json_put(obj, "cxssh_roles", aliases);
	json_put(obj, "cxssh_second_roles", second);
	for (size_t i = 0; i < s->unaddressed.count; i++)
		json_push_text(unaddressed, s->unaddressed.items[i]);
	json_put(obj, "cxssh_unaddressed", unaddressed);
	for (size_t i = 0; i < s->server_count; i++)
		json_push(servers, server_to_json(&s->servers[i], s));
	json_put(obj, "servers", servers);
	return obj;
}

static struct json *new_document(void)
{
	struct json *doc = json_new_object();

	json_put_int(doc, FORMAT_KEY, FORMAT_VERSION);
	return doc;
}

/* Write it as a line, with these stacks, and free it. */
static void write_document(struct json *doc, struct json *stacks, struct strbuf *out)
{
	json_put(doc, "stacks", stacks);
	json_write(doc, false, out);
	strbuf_adds(out, "\n");
	json_free(doc);
}

void fleet_write(const struct fleet *fleet, struct strbuf *out)
{
	struct json *doc = new_document();
	struct json *others = json_new_array();

	json_put_int(doc, COUNT_KEY, (int64_t)fleet->stack_count);
	for (size_t i = 0; i < fleet->other_count; i++)
		json_push(others, other_to_json(&fleet->others[i]));
	json_put(doc, "cxssh_others", others);
	write_document(doc, json_new_array(), out);
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct json *stacks = json_new_array();

		json_push(stacks, stack_to_json(&fleet->stacks[i]));
		write_document(new_document(), stacks, out);
	}
}

static char *read_prefix(const struct json *item, const char *key)
{
	const char *prefix = json_text(item, key);

	return prefix != NULL && valid_prefix(prefix) ? xstrdup(prefix) : NULL;
}

static void read_role(const struct json *item, struct role *role)
{
	const char *alias = json_text(json_member(item, "cxssh_roles"), role->name);
	const char *second =
		json_text(json_member(item, "cxssh_second_roles"), role->name);

	free(role->alias);
	role->alias = xstrdup(alias != NULL && valid_alias(alias) ? alias : "");
	role->second_alias =
		second != NULL && valid_alias(second) ? xstrdup(second) : NULL;
}

/* "UID NAME" of each; what others wrote into the file is left out. */
static void read_unaddressed(const struct json *item, struct stack *stack)
{
	const struct json *list = json_member(item, "cxssh_unaddressed");

	for (size_t i = 0; i < json_count(list); i++) {
		const char *entry = json_string(json_at(list, i));
		char *uid = entry != NULL ? xstrndup(entry, strcspn(entry, " ")) : NULL;

		if (uid != NULL && valid_uid(uid) && strlen(entry) > strlen(uid) &&
		    valid_name(unaddressed_name(entry)))
			unaddressed_add(stack, uid, unaddressed_name(entry));
		free(uid);
	}
}

static int add_stack(struct fleet *fleet, const struct json *item, struct error *err)
{
	struct stack *stack = fleet_add_stack(fleet, item);
	const struct json *servers;

	if (stack == NULL)
		return 0;
	stack->prefix = read_prefix(item, "cxssh_prefix");
	stack->second_prefix = read_prefix(item, "cxssh_second_prefix");
	read_unaddressed(item, stack);
	if (json_get_array(item, "servers", &servers, err) == -1)
		return -1;
	for (size_t k = 0; k < json_count(servers); k++)
		(void)fleet_add_server(fleet, stack, json_at(servers, k));
	for (size_t k = 0; k < stack->role_count; k++)
		read_role(item, &stack->roles[k]);
	return 0;
}

static int add_document(struct fleet *fleet, const struct json *doc, struct error *err)
{
	const struct json *others = json_member(doc, "cxssh_others");
	const struct json *stacks;
	int64_t version = 0;

	if (!json_number(doc, FORMAT_KEY, &version) || version != FORMAT_VERSION)
		return error_set(err, ERROR_CONFIG,
		                 "written by another version of cxssh (format %" PRId64
		                 ", not %d)",
		                 version, FORMAT_VERSION);
	for (size_t i = 0; i < json_count(others); i++)
		fleet_add_other(fleet, json_at(others, i));
	if (json_get_array(doc, "stacks", &stacks, err) == -1)
		return -1;
	for (size_t i = 0; i < json_count(stacks); i++) {
		if (add_stack(fleet, json_at(stacks, i), err) == -1)
			return -1;
	}
	return 0;
}

/* One document in each line.  An older version wrote one for all stacks, without their
 * count. */
int fleet_read(struct fleet *fleet, const char *text, size_t len, struct error *err)
{
	const char *end = text + len;
	int64_t count = -1;
	int rc = 0;

	do {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((line_end != NULL ? line_end : end) - text);
		struct json *doc = json_parse(text, line_len, err);

		rc = doc != NULL ? add_document(fleet, doc, err) : -1;
		if (count == -1)
			(void)json_number(doc, COUNT_KEY, &count);
		json_free(doc);
		text = line_end != NULL ? line_end + 1 : end;
	} while (rc == 0 && text < end);
	if (rc == 0 && count != -1 && fleet->stack_count != (uint64_t)count)
		rc = error_set(err, ERROR_CONFIG, "not as it was written");
	return rc;
}
