/* SPDX-License-Identifier: MIT */
#include "accounts.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

static json_object *text_json(const char *text)
{
	return text != NULL ? json_object_new_string(text) : NULL;
}

void accounts_list(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *accounts = fleet_array(box->fleet, NULL, "accounts");
	json_object *shown = json_object_new_array();

	for (size_t i = 0; i < fleet_count(accounts); i++) {
		json_object *account = json_object_array_get_idx(accounts, i);

		if (!fleet_flag(account, "_forbidden"))
			(void)json_object_array_add(shown, fleet_publish(account));
	}
	request_page(request, shown, answer);
}

/* The account of the path, or NULL and the answer. */
static json_object *find_account(struct sandbox *box, struct request *request,
                                 struct answer *answer)
{
	json_object *account = fleet_find(fleet_array(box->fleet, NULL, "accounts"), "id",
	                                  request->arg[0]);

	if (account == NULL)
		answer_not_found(answer);
	else if (fleet_flag(account, "_forbidden"))
		answer_error(answer, 403, "You have no access to this account.");
	else
		return account;
	return NULL;
}

void accounts_show(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *account = find_account(box, request, answer);

	if (account != NULL)
		answer_object(answer, fleet_publish(account));
}

/* An open gateway closes by itself. */
static json_object *publish_gateway(json_object *gateway)
{
	json_object *shown = fleet_publish(gateway);
	json_object *until = NULL;

	if (json_object_is_type(gateway, json_type_object) &&
	    json_object_object_get_ex(gateway, "_open_until", &until) &&
	    now_ms() >= json_object_get_int64(until))
		(void)json_object_object_add(shown, "content",
		                             json_object_new_string("N/A"));
	return shown;
}

void gateways_list(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *account = find_account(box, request, answer);
	json_object *gateways, *shown;

	if (account == NULL)
		return;
	gateways = fleet_array(box->fleet, account, "gateways");
	shown = json_object_new_array();
	for (size_t i = 0; i < fleet_count(gateways); i++)
		(void)json_object_array_add(shown,
		                            publish_gateway(
						    json_object_array_get_idx(gateways,
		                                                              i)));
	request_page(request, shown, answer);
}

/* The gateway of the path, and the array that it is in; or NULL and a 404. */
static json_object *find_gateway(struct sandbox *box, struct request *request,
                                 json_object **gateways, struct answer *answer)
{
	json_object *account = find_account(box, request, answer);
	json_object *gateway;

	if (account == NULL)
		return NULL;
	*gateways = fleet_array(box->fleet, account, "gateways");
	gateway = fleet_find(*gateways, "id", request->arg[1]);
	if (gateway == NULL)
		answer_not_found(answer);
	return gateway;
}

void gateways_show(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *gateways;
	json_object *gateway = find_gateway(box, request, &gateways, answer);

	if (gateway != NULL)
		answer_object(answer, publish_gateway(gateway));
}

static void touch(struct sandbox *box, json_object *gateway, const char *time_key,
                  const char *user_key)
{
	char now[ISO_TIME_SIZE];

	iso_time(now_ms(), now);
	(void)json_object_object_add(gateway, time_key, json_object_new_string(now));
	(void)json_object_object_add(gateway, user_key,
	                             text_json(fleet_text(box->fleet, "user",
	                                                  "a@example.com")));
}

/*
 * Open with a key, or close with none.  The key itself is thrown away: whether
 * the real list gives it back is not known, and a sandbox that did would teach
 * clients to expect it.
 */
static void set_content(json_object *gateway, const char *content, int64_t ttl_s)
{
	int64_t until = now_ms() + ttl_s * 1000;
	char time[ISO_TIME_SIZE];

	iso_time(until, time);
	(void)json_object_object_add(gateway, "ttl", json_object_new_string(time));
	(void)json_object_object_add(gateway, "content",
	                             json_object_new_string(
					     content[0] != '\0' ? "[FILTERED]" : "N/A"));
	(void)json_object_object_add(gateway, "_open_until",
	                             json_object_new_int64(until));
}

static int64_t next_id(json_object *gateways)
{
	int64_t highest = 0;

	for (size_t i = 0; i < fleet_count(gateways); i++) {
		json_object *id = NULL;

		(void)json_object_object_get_ex(json_object_array_get_idx(gateways, i),
		                                "id", &id);
		if (json_object_get_int64(id) > highest)
			highest = json_object_get_int64(id);
	}
	return highest + 1;
}

/* A new gateway from the body, or NULL and a 400. */
static json_object *read_gateway(struct request *request, struct answer *answer)
{
	static const char *const keys[] = { "name", "address", "private_ip", "username" };
	json_object *gateway = json_object_new_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = request_text(request, keys[i]);

		if (text == NULL || text[0] == '\0') {
			answer_error(answer, 400, "%s is missing", keys[i]);
			(void)json_object_put(gateway);
			return NULL;
		}
		(void)json_object_object_add(gateway, keys[i], text_json(text));
	}
	(void)json_object_object_add(gateway, "ttl", NULL);
	(void)json_object_object_add(gateway, "content", json_object_new_string("N/A"));
	return gateway;
}

void gateways_add(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *account = find_account(box, request, answer);
	json_object *gateway, *gateways;

	if (account == NULL)
		return;
	gateway = read_gateway(request, answer);
	if (gateway == NULL)
		return;
	gateways = fleet_array(box->fleet, account, "gateways");
	if (fleet_find(gateways, "name", fleet_member(gateway, "name")) != NULL) {
		answer_error(answer, 409, "There is a gateway of this name already.");
		(void)json_object_put(gateway);
		return;
	}
	if (gateways == NULL) {
		gateways = json_object_new_array();
		(void)json_object_object_add(account, "gateways", gateways);
	}
	(void)json_object_object_add(gateway, "id",
	                             json_object_new_int64(next_id(gateways)));
	touch(box, gateway, "created_at_iso", "created_by");
	touch(box, gateway, "updated_at_iso", "updated_by");
	(void)json_object_array_add(gateways, gateway);
	answer_ok(answer);
}

void gateways_change(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *gateways;
	json_object *gateway = find_gateway(box, request, &gateways, answer);
	const char *content = request_text(request, "content");
	int64_t ttl_s;

	if (gateway == NULL)
		return;
	if (content == NULL) {
		answer_error(answer, 400, "content must be a text");
		return;
	}
	if (!request_number(request, "ttl", 1, INT32_MAX, &ttl_s, answer))
		return;
	set_content(gateway, content, ttl_s);
	touch(box, gateway, "updated_at_iso", "updated_by");
	answer_ok(answer);
}

void gateways_remove(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *gateways;
	json_object *gateway = find_gateway(box, request, &gateways, answer);

	if (gateway == NULL)
		return;
	for (size_t i = 0; i < fleet_count(gateways); i++)
		if (json_object_array_get_idx(gateways, i) == gateway) {
			(void)json_object_array_del_idx(gateways, i, 1);
			break;
		}
	answer_ok(answer);
}

void public_key_show(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *object = json_object_new_object();
	const char *key = box->public_key;

	(void)request;
	if (key == NULL)
		key = fleet_text(box->fleet, "public_key", NULL);
	(void)json_object_object_add(object, "public_key", text_json(key));
	answer_object(answer, object);
}

/* Encoded, as the toolbelt sends it; anything that is no base64 is refused. */
void public_key_set(struct sandbox *box, struct request *request, struct answer *answer)
{
	const char *text = request_text(request, "public_key");
	size_t len = 0;
	char *key = text != NULL ? base64_decode(text, &len) : NULL;

	if (key == NULL || len == 0) {
		answer_error(answer, 400, "public_key must be a key in base64");
		free(key);
		return;
	}
	free(box->public_key);
	box->public_key = key;
	answer_ok(answer);
}

void ping(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *object = json_object_new_object();

	(void)box;
	(void)request;
	(void)json_object_object_add(object, "ok", json_object_new_boolean(true));
	(void)json_object_object_add(object, "message", json_object_new_string("pong"));
	answer_object(answer, object);
}

/*
 * The documentation shows this without an envelope, the toolbelt's library wants
 * one: the fleet's "enveloped_ping" decides.
 */
void ping_auth(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *account = request->account;
	json_object *object = json_object_new_object();
	json_object *id = NULL;

	if (account != NULL)
		(void)json_object_object_get_ex(account, "id", &id);
	(void)json_object_object_add(object, "ok", json_object_new_boolean(true));
	(void)json_object_object_add(object, "message", json_object_new_string("pong"));
	(void)json_object_object_add(object, "user_id", json_object_new_int(1));
	(void)json_object_object_add(object, "account_id", json_object_get(id));
	(void)json_object_object_add(object, "user_name",
	                             text_json(fleet_text(box->fleet, "user",
	                                                  "a@example.com")));
	(void)json_object_object_add(object, "account_name",
	                             text_json(fleet_member(account, "friendly_name")));
	if (json_object_get_boolean(fleet_value(box->fleet, "enveloped_ping")))
		answer_object(answer, object);
	else
		answer_bare(answer, object);
}
