/* SPDX-License-Identifier: MIT */
#include "stacks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define LEASE_MINUTES_MAX 240
#define YEAR_SECONDS 31536000.0

/* Stacks without an account are in every account; without X-Account all are visible. */
static bool is_visible(const struct request *request, json_object *stack)
{
	json_object *owner = NULL, *id = NULL;

	if (request->account == NULL || !json_object_is_type(stack, json_type_object) ||
	    !json_object_object_get_ex(stack, "account_id", &owner) || owner == NULL ||
	    !json_object_object_get_ex(request->account, "id", &id))
		return true;
	return json_object_get_int64(owner) == json_object_get_int64(id);
}

/* A stack is known by its own entry, or by servers that say they are part of it. */
static bool stack_exists(struct sandbox *box, struct request *request,
                         json_object *servers, struct answer *answer)
{
	json_object *stacks = fleet_array(box->fleet, NULL, "stacks");
	json_object *stack = fleet_find(stacks, "uid", request->arg[0]);

	if (stack != NULL ? is_visible(request, stack) : fleet_count(servers) > 0)
		return true;
	answer_not_found(answer);
	return false;
}

static bool passes_filters(struct request *request, json_object *stack)
{
	static const struct {
		const char *parameter, *member;
	} filters[] = {
		{ "filter_name", "name" },
		{ "filter_environment", "environment" },
		{ "filter_git_repo", "git" },
		{ "filter_git_branch", "git_branch" },
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		const char *want = request_query(request, filters[i].parameter);
		const char *have = fleet_member(stack, filters[i].member);

		if (want != NULL && want[0] != '\0' &&
		    (have == NULL || strcasecmp(have, want) != 0))
			return false;
	}
	return true;
}

void stacks_list(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *stacks = fleet_array(box->fleet, NULL, "stacks");
	json_object *shown = json_object_new_array();

	for (size_t i = 0; i < fleet_count(stacks); i++) {
		json_object *stack = json_object_array_get_idx(stacks, i);

		if (is_visible(request, stack) && passes_filters(request, stack))
			(void)json_object_array_add(shown, fleet_publish(stack));
	}
	request_page(request, shown, answer);
}

void stacks_show(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *stacks = fleet_array(box->fleet, NULL, "stacks");
	json_object *stack = fleet_find(stacks, "uid", request->arg[0]);

	if (stack == NULL || !is_visible(request, stack))
		answer_not_found(answer);
	else
		answer_object(answer, fleet_publish(stack));
}

/* The list is of what is nested in the stack, other stacks' servers included. */
void servers_list(struct sandbox *box, struct request *request, struct answer *answer)
{
	const char *uid = request->arg[0];
	json_object *stack =
		fleet_find(fleet_array(box->fleet, NULL, "stacks"), "uid", uid);
	json_object *servers, *shown;

	if (stack == NULL || !is_visible(request, stack)) {
		answer_not_found(answer);
		return;
	}
	servers = fleet_array(box->fleet, stack, "servers");
	shown = json_object_new_array();
	for (size_t i = 0; i < fleet_count(servers); i++) {
		json_object *server = json_object_array_get_idx(servers, i);

		(void)json_object_array_add(shown,
		                            fleet_publish_server(server, uid, false));
	}
	request_page(request, shown, answer);
}

/* In the query; toolbelts from before 2021 put it in a body. */
static bool wants_key(struct request *request)
{
	const char *query = request_query(request, "include_private_key");
	struct answer ignored = ANSWER_INIT;
	int64_t number = 0;

	if (query != NULL)
		return strcmp(query, "1") == 0;
	(void)request_number(request, "include_private_key", 0, 1, &number, &ignored);
	answer_release(&ignored);
	return number == 1;
}

void servers_show(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *servers = fleet_servers(box->fleet, request->arg[0]);
	json_object *server, *shown;

	if (!stack_exists(box, request, servers, answer))
		goto out;
	server = fleet_find(servers, "uid", request->arg[1]);
	if (server == NULL) {
		answer_not_found(answer);
		goto out;
	}
	shown = fleet_publish_server(server, request->arg[0], wants_key(request));
	if (shown == NULL)
		answer_error(answer, 500, "sandbox: _key_file: %s", strerror(errno));
	else
		answer_object(answer, shown);
out:
	(void)json_object_put(servers);
}

static bool is_ipv4_range(const char *text)
{
	char *copy = xstrdup(text);
	char *bits = copy;
	const char *address = strsep(&bits, "/");
	struct in_addr parsed;
	int64_t number;
	bool good = inet_pton(AF_INET, address, &parsed) == 1 &&
	            (bits == NULL || parse_number(bits, 0, 32, &number));

	free(copy);
	return good;
}

/* Where it is to be open from, or NULL and a 400. */
static const char *read_from(struct request *request, struct answer *answer)
{
	const char *from = request_text(request, "from_ip");

	if (from != NULL && strcmp(from, "AUTO") == 0)
		return request->peer;
	if (from != NULL && is_ipv4_range(from))
		return from;
	answer_error(answer, 400, "from_ip must be AUTO, an IPv4 address or a range");
	return NULL;
}

/* The server's uid, "" for all of them, or NULL and a 400 or 404. */
static const char *read_server(struct request *request, json_object *servers,
                               struct answer *answer)
{
	const char *uid = request_text(request, "server_id");

	if (!request_has(request, "server_id"))
		return "";
	if (uid == NULL)
		answer_error(answer, 400, "server_id must be the uid of a server");
	else if (uid[0] == '\0' || fleet_find(servers, "uid", uid) != NULL)
		return uid;
	else
		answer_error(answer, 404, "There is no such server in this stack.");
	return NULL;
}

/* A permanent rule names its protocol, a lease need not. */
static const char *read_protocol(struct request *request, struct answer *answer)
{
	static const char *const names[] = { "tcp", "udp", "icmp" };
	const char *text = request_text(request, "protocol");
	int64_t number = 0;

	if (request_has(request, "ttl") && !request_has(request, "protocol"))
		return "tcp";
	for (size_t i = 0; text != NULL && i < 3; i++)
		if (strcmp(text, names[i]) == 0)
			return names[i];
	if (!request_number(request, "protocol", 1, 3, &number, answer))
		return NULL;
	return names[number - 1];
}

/* The names that the hook knows, of one server or all. */
static const char **find_hosts(json_object *servers, const char *uid, size_t *count)
{
	const char **hosts = xcalloc(fleet_count(servers) + 1, sizeof(*hosts));

	*count = 0;
	for (size_t i = 0; i < fleet_count(servers); i++) {
		json_object *server = json_object_array_get_idx(servers, i);
		const char *host = fleet_member(server, "_host");
		const char *own = fleet_member(server, "uid");

		if (host != NULL &&
		    (uid[0] == '\0' || (own != NULL && strcmp(own, uid) == 0)))
			hosts[(*count)++] = host;
	}
	return hosts;
}

/* Everything the client says, checked; or false and the answer. */
static bool read_order(struct sandbox *box, struct request *request, json_object *servers,
                       struct lease_order *order, struct answer *answer)
{
	int64_t port, minutes = 0;

	order->stack_uid = request->arg[0];
	order->user = fleet_text(box->fleet, "user", "a@example.com");
	order->from_ip = read_from(request, answer);
	if (order->from_ip == NULL ||
	    !request_number(request, "port", 1, 65535, &port, answer) ||
	    (request_has(request, "ttl") &&
	     !request_number(request, "ttl", 1, LEASE_MINUTES_MAX, &minutes, answer)))
		return false;
	order->port = (int)port;
	order->action = minutes > 0 ? "open_lease" : "update_firewall";
	order->seconds =
		minutes > 0 ? (double)(minutes * box->minute_ms) / 1000 : YEAR_SECONDS;
	if (order->seconds < 1)
		order->seconds = 1;
	order->protocol = read_protocol(request, answer);
	if (order->protocol == NULL)
		return false;
	order->server_uid = read_server(request, servers, answer);
	return order->server_uid != NULL;
}

static void apply_fault(struct lease_order *order, const struct fault *fault)
{
	order->refused = fault->kind == FAULT_REFUSE_LEASE;
	if (fault->kind == FAULT_LEASE_DELAY)
		order->delay_ms = fault->number;
	if (fault->kind == FAULT_FIREWALL_LATE) {
		order->late = true;
		order->late_ms = fault->number;
		order->delay_ms = 0;
	}
}

void firewalls_open(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *servers = fleet_servers(box->fleet, request->arg[0]);
	struct lease_order order = { .delay_ms = box->lease_delay_ms };
	const char **hosts = NULL;
	json_object *action;

	if (!stack_exists(box, request, servers, answer) ||
	    !read_order(box, request, servers, &order, answer))
		goto out;
	apply_fault(&order, &request->fault);
	hosts = find_hosts(servers, order.server_uid, &order.host_count);
	order.hosts = hosts;
	action = lease_open(box->leases, &order);
	if (action == NULL)
		answer_error(answer, 500, "sandbox: no thread for the lease");
	else
		answer_object(answer, action);
out:
	free(hosts);
	(void)json_object_put(servers);
}

/* The stack's open rules as a new array, or NULL and a 404. */
static json_object *find_rules(struct sandbox *box, struct request *request,
                               struct answer *answer)
{
	json_object *servers = fleet_servers(box->fleet, request->arg[0]);
	json_object *rules = NULL;

	if (stack_exists(box, request, servers, answer))
		rules = lease_rules(box->leases, request->arg[0]);
	(void)json_object_put(servers);
	return rules;
}

void firewalls_list(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *rules = find_rules(box, request, answer);

	if (rules != NULL)
		request_page(request, rules, answer);
}

void firewalls_show(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *rules = find_rules(box, request, answer);
	json_object *rule = fleet_find(rules, "id", request->arg[1]);

	if (rule != NULL)
		answer_object(answer, json_object_get(rule));
	else if (rules != NULL)
		answer_not_found(answer);
	(void)json_object_put(rules);
}

void actions_show(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *action = NULL;
	int64_t id;

	if (parse_number(request->arg[1], 1, INT64_MAX, &id))
		action = lease_action(box->leases, request->arg[0], id);
	if (action == NULL)
		answer_not_found(answer);
	else
		answer_object(answer, action);
}
