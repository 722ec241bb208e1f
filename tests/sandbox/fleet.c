/* SPDX-License-Identifier: MIT */
#include "fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

struct fleet {
	char *path;
	struct stamp stamp;
	json_object *root;
};

static json_object *read_root(const char *path)
{
	enum json_tokener_error error;
	size_t len;
	char *text = slurp(path, &len);
	json_object *root;

	if (text == NULL) {
		(void)fprintf(stderr, "sandbox-api: %s: %s\n", path, strerror(errno));
		return NULL;
	}
	root = json_tokener_parse_verbose(text, &error);
	free(text);
	if (json_object_is_type(root, json_type_object))
		return root;
	(void)fprintf(stderr, "sandbox-api: %s: %s\n", path,
	              error == json_tokener_success ? "not a JSON object" :
	                                              json_tokener_error_desc(error));
	(void)json_object_put(root);
	return NULL;
}

struct fleet *fleet_open(const char *path)
{
	struct fleet *fleet = xcalloc(1, sizeof(*fleet));

	fleet->path = xstrdup(path);
	if (!fleet_refresh(fleet)) {
		fleet_free(fleet);
		return NULL;
	}
	return fleet;
}

void fleet_free(struct fleet *fleet)
{
	if (fleet == NULL)
		return;
	(void)json_object_put(fleet->root);
	free(fleet->path);
	free(fleet);
}

bool fleet_refresh(struct fleet *fleet)
{
	json_object *root;

	if (!stamp_changed(&fleet->stamp, fleet->path) && fleet->root != NULL)
		return false;
	root = read_root(fleet->path);
	if (root == NULL)
		return false;
	(void)json_object_put(fleet->root);
	fleet->root = root;
	return true;
}

json_object *fleet_value(struct fleet *fleet, const char *key)
{
	json_object *value = NULL;

	(void)json_object_object_get_ex(fleet->root, key, &value);
	return value;
}

const char *fleet_member(json_object *object, const char *key)
{
	json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	(void)json_object_object_get_ex(object, key, &value);
	return json_object_is_type(value, json_type_string) ?
	               json_object_get_string(value) :
	               NULL;
}

bool fleet_flag(json_object *object, const char *key)
{
	json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		(void)json_object_object_get_ex(object, key, &value);
	return json_object_get_boolean(value);
}

const char *fleet_text(struct fleet *fleet, const char *key, const char *otherwise)
{
	const char *text = fleet_member(fleet->root, key);

	return text != NULL ? text : otherwise;
}

json_object *fleet_array(struct fleet *fleet, json_object *object, const char *key)
{
	json_object *array = NULL;

	if (object == NULL)
		object = fleet->root;
	if (json_object_is_type(object, json_type_object))
		(void)json_object_object_get_ex(object, key, &array);
	return json_object_is_type(array, json_type_array) ? array : NULL;
}

size_t fleet_count(json_object *array)
{
	return array != NULL ? json_object_array_length(array) : 0;
}

bool fleet_lists(struct fleet *fleet, const char *key, const char *text)
{
	json_object *array = fleet_array(fleet, NULL, key);

	for (size_t i = 0; i < fleet_count(array); i++) {
		json_object *item = json_object_array_get_idx(array, i);

		if (json_object_is_type(item, json_type_string) &&
		    strcmp(json_object_get_string(item), text) == 0)
			return true;
	}
	return false;
}

json_object *fleet_find(json_object *array, const char *key, const char *value)
{
	for (size_t i = 0; i < fleet_count(array); i++) {
		json_object *item = json_object_array_get_idx(array, i);
		json_object *member = NULL;

		if (json_object_is_type(item, json_type_object) &&
		    json_object_object_get_ex(item, key, &member) && member != NULL &&
		    strcmp(json_object_get_string(member), value) == 0)
			return item;
	}
	return NULL;
}

json_object *fleet_servers(struct fleet *fleet, const char *stack_uid)
{
	json_object *found = json_object_new_array();
	json_object *stacks = fleet_array(fleet, NULL, "stacks");

	for (size_t i = 0; i < fleet_count(stacks); i++) {
		json_object *stack = json_object_array_get_idx(stacks, i);
		json_object *servers = fleet_array(fleet, stack, "servers");
		const char *nested_in = fleet_member(stack, "uid");

		for (size_t j = 0; j < fleet_count(servers); j++) {
			json_object *server = json_object_array_get_idx(servers, j);
			const char *owner = fleet_member(server, "stack_uid");

			if (owner == NULL)
				owner = nested_in;
			if (owner != NULL && strcmp(owner, stack_uid) == 0)
				(void)json_object_array_add(found,
				                            json_object_get(server));
		}
	}
	return found;
}

static bool stays_inside(const char *key)
{
	static const char *const inside[] = { "servers", "gateways", "ssh_private_key" };

	if (key[0] == '_')
		return true;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (strcmp(key, inside[i]) == 0)
			return true;
	return false;
}

json_object *fleet_publish(json_object *item)
{
	json_object *shown;

	if (!json_object_is_type(item, json_type_object))
		return json_object_get(item); /* a hostile fleet: as it stands */
	shown = json_object_new_object();
	json_object_object_foreach(item, key, value) if (!stays_inside(key))(void)
		json_object_object_add(shown, key, json_object_get(value));
	return shown;
}

/* A fleet may also carry a key in place, to serve one that is no key at all. */
static int add_key(json_object *shown, json_object *server)
{
	const char *path = fleet_member(server, "_key_file");
	json_object *key = NULL;

	if (path != NULL) {
		size_t len;
		char *text = slurp(path, &len);

		if (text == NULL)
			return -1;
		key = json_object_new_string_len(text, (int)len);
		free(text);
	} else {
		(void)json_object_object_get_ex(server, "ssh_private_key", &key);
		key = json_object_get(key);
	}
	(void)json_object_object_add(shown, "ssh_private_key", key);
	return 0;
}

json_object *fleet_publish_server(json_object *server, const char *stack_uid, bool key)
{
	json_object *shown = fleet_publish(server);

	if (!json_object_is_type(shown, json_type_object))
		return shown;
	if (!json_object_object_get_ex(shown, "stack_uid", NULL))
		(void)json_object_object_add(shown, "stack_uid",
		                             json_object_new_string(stack_uid));
	if (key && add_key(shown, server) == -1) {
		int error = errno;

		(void)json_object_put(shown);
		errno = error;
		return NULL;
	}
	return shown;
}
