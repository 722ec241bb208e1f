/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - the fleet file: accounts, gateways, stacks, servers, clients and tokens.
 *
 * Knows the file's shape and notices when it was replaced.  Values are served
 * as they stand in the file, hostile ones too; only keys with a leading "_" and
 * the nested arrays stay inside.  Knows nothing of requests.
 */
#ifndef SANDBOX_FLEET_H
#define SANDBOX_FLEET_H

#include <json-c/json.h>
#include <stdbool.h>

/* NULL, after a message on stderr, if the file is not a JSON object. */
struct fleet *fleet_open(const char *path);
void fleet_free(struct fleet *fleet);

/* Read the file again if it changed: true.  A broken file keeps the old fleet. */
bool fleet_refresh(struct fleet *fleet);

/* Results are borrowed and valid until the next refresh. */
const char *fleet_text(struct fleet *fleet, const char *key, const char *otherwise);
json_object *fleet_value(struct fleet *fleet, const char *key);

/* The array at key of object (NULL is the whole fleet); NULL is an empty one. */
json_object *fleet_array(struct fleet *fleet, json_object *object, const char *key);
size_t fleet_count(json_object *array);

/* Is text one of the strings in the fleet's array at key? */
bool fleet_lists(struct fleet *fleet, const char *key, const char *text);

/* The element of array whose key, as text, is value. */
json_object *fleet_find(json_object *array, const char *key, const char *value);

/* A string member, or NULL if it is missing or something else. */
const char *fleet_member(json_object *object, const char *key);

/* Is the member there and true? */
bool fleet_flag(json_object *object, const char *key);

/*
 * The servers that belong to a stack: nested in it, or anywhere with its uid in
 * their stack_uid; one whose stack_uid names another stack does not belong.
 * A new array; the stack need not exist.
 */
json_object *fleet_servers(struct fleet *fleet, const char *stack_uid);

/* A new object: item without what stays inside. */
json_object *fleet_publish(json_object *item);

/*
 * A new object: the server as the API shows it in that stack, with its private
 * key if asked for.  NULL with errno if the key file cannot be read.
 */
json_object *fleet_publish_server(json_object *server, const char *stack_uid, bool key);

#endif
