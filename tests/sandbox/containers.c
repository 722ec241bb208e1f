/* SPDX-License-Identifier: MIT */
#include "containers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lease.h"
#include "util.h"

/* A list of the stack in the path; NULL: the stack has none. */
static json_object *list_of(struct sandbox *box, struct request *request, const char *key)
{
	json_object *stacks = fleet_array(box->fleet, NULL, "stacks");
	json_object *stack = fleet_find(stacks, "uid", request->arg[0]);

	return stack != NULL ? fleet_array(box->fleet, stack, key) : NULL;
}

void containers_list(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *list = list_of(box, request, "_containers");

	if (list == NULL)
		answer_not_found(answer);
	else
		request_page(request, json_object_get(list), answer);
}

void containers_show(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *found =
		fleet_find(list_of(box, request, "_containers"), "uid", request->arg[1]);

	if (found == NULL)
		answer_not_found(answer);
	else
		answer_object(answer, json_object_get(found));
}

/* The command for the server, with -it always, as the API has it. */
void services_show(struct sandbox *box, struct request *request, struct answer *answer)
{
	json_object *found =
		fleet_find(list_of(box, request, "_services"), "name", request->arg[1]);
	const char *command = request_query(request, "wrap_command");
	json_object *shown;
	char *wrapped;

	if (found == NULL) {
		answer_not_found(answer);
		return;
	}
	if (asprintf(&wrapped, "sudo docker run -it --rm acme/%s %s", request->arg[1],
	             command != NULL ? command : "") == -1)
		abort();
	shown = json_object_new_object();
	(void)json_object_object_add(shown, "name",
	                             json_object_new_string(request->arg[1]));
	(void)json_object_object_add(shown, "wrap_command",
	                             json_object_new_string(wrapped));
	free(wrapped);
	answer_object(answer, shown);
}

/* An action like that of a lease, with no server to open. */
void sessions_start(struct sandbox *box, struct request *request, struct answer *answer)
{
	const char *name = request_text(request, "service_name");
	struct lease_order order = {
		.stack_uid = request->arg[0],
		.user = "a@example.com",
		.action = "start_session",
		.from_ip = "",
		.server_uid = "",
		.protocol = "",
		.delay_ms = request->fault.kind == FAULT_LEASE_DELAY ?
		                    request->fault.number :
		                    0,
		.refused = request->fault.kind == FAULT_REFUSE_LEASE,
	};
	json_object *action;

	if (name == NULL ||
	    fleet_find(list_of(box, request, "_services"), "name", name) == NULL) {
		answer_not_found(answer);
		return;
	}
	action = lease_open(box->leases, &order);
	if (action == NULL)
		answer_error(answer, 500, "sandbox: no thread for the session");
	else
		answer_object(answer, action);
}

void sessions_fetch(struct sandbox *box, struct request *request, struct answer *answer)
{
	const char *name = request_query(request, "service_name");
	json_object *shown;
	char *pod;

	(void)box;
	if (name == NULL) {
		answer_not_found(answer);
		return;
	}
	if (asprintf(&pod, "%s-session-1", name) == -1)
		abort();
	shown = json_object_new_object();
	(void)json_object_object_add(shown, "pod_name", json_object_new_string(pod));
	free(pod);
	answer_object(answer, shown);
}
