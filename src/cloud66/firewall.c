/* SPDX-License-Identifier: MIT */
/* firewall - the functions api_lease...() of api.h: a temporary rule in a stack's
 * firewall, from the request to the end of the action that makes it. */
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "cloud66/request.h"
#include "http/http.h"
#include "http/url.h"
#include "runtime/log.h"
#include "runtime/waiting.h"

enum { POLL_FIRST_MS = 250, POLL_MAX_MS = 2000, LAST_POLL_MS = 400 /* before the end */ };

struct api_lease_request {
	struct api *api;
	char *stack_uid;
	struct deadline until;
	int64_t wait_ms;
	enum api_lease_progress state;
	bool ended;
	bool left; /* freed when it ends */
	bool lost; /* the connection broke before the answer */
	struct error err;
};

static void on_action(struct request_answer *answer, void *cookie);

static void lease_request_free(struct api_lease_request *request)
{
	free(request->stack_uid);
	free(request);
}

static void ended(struct api_lease_request *request, bool well)
{
	request->ended = true;
	request->state = well ? API_LEASE_DONE : API_LEASE_FAILED;
	if (request->left)
		lease_request_free(request);
}

/* Ask for the state of the action, after wait_ms. */
static int poll_action(struct api_lease_request *request, const struct json *action)
{
	char *path;
	int64_t id;
	int64_t last_ms = deadline_left(request->until) - LAST_POLL_MS;
	int rc;

	if (last_ms > 0 && request->wait_ms > last_ms)
		request->wait_ms = last_ms;
	if (!json_number(action, "id", &id) || id < 1)
		return request_bad_answer(request->api, "the firewall",
		                          "the action has no id", &request->err);
	path = xasprintf("/stacks/%s/actions/%lld", request->stack_uid, (long long)id);
	rc = request_start(request->api,
	                   &(struct request_config){ .path = path,
	                                             .delay_ms = request->wait_ms,
	                                             .until = request->until,
	                                             .done = on_action,
	                                             .cookie = request },
	                   &request->err);
	free(path);
	if (request->wait_ms == 0)
		request->wait_ms = POLL_FIRST_MS;
	else if (request->wait_ms * 3 / 2 < POLL_MAX_MS)
		request->wait_ms = request->wait_ms * 3 / 2;
	else
		request->wait_ms = POLL_MAX_MS;
	return rc;
}

static void on_finished(struct api_lease_request *request, const struct json *action)
{
	char shown[200];

	if (json_flag(action, "finished_success")) {
		ended(request, true);
		return;
	}
	error_set(&request->err, ERROR_DENIED, "%s refused to open the firewall: %s",
	          url_host(api_base_url(request->api)),
	          request_said(request->api, action, shown, sizeof(shown)));
	ended(request, false);
}

static void on_action(struct request_answer *answer, void *cookie)
{
	struct api_lease_request *request = cookie;
	bool ordered = request->state == API_LEASE_ORDERED;

	if (!ordered && answer->status == 409) {
		log_step("the API has such a firewall rule already (409)");
		ended(request, true);
		return;
	}
	request->lost = answer->lost && !ordered;
	if (answer->late && ordered)
		request_bad_answer(request->api, "the firewall",
		                   "the firewall is not opened in the time allowed",
		                   &request->err);
	else if (answer->error.code != ERROR_NONE)
		request->err = answer->error;
	else if (json_kind(answer->content) != JSON_OBJECT)
		request_bad_answer(request->api, "the firewall",
		                   "the answer is not an action", &request->err);
	else if (request_is_finished(answer->content)) {
		on_finished(request, answer->content);
		return;
	} else {
		request->state = API_LEASE_ORDERED;
		waiting_for("waiting for the firewall to be opened");
		if (poll_action(request, answer->content) == 0)
			return;
	}
	ended(request, false);
}

/* The four fields that the toolbelt sends, in its order. */
static char *lease_body(const struct api_lease *lease)
{
	struct json *body = json_new_object();
	struct strbuf text = STRBUF_INIT;

	json_put_int(body, "ttl", lease->minutes);
	json_put_text(body, "from_ip", lease->from_ip);
	json_put_int(body, "port", lease->port);
	json_put_text(body, "server_id", lease->server_uid);
	json_write(body, false, &text);
	json_free(body);
	return strbuf_detach(&text);
}

static int order(struct api_lease_request *request, const struct api_lease *lease,
                 struct error *err)
{
	char *path = xasprintf("/stacks/%s/firewalls", lease->stack_uid);
	char *body = lease_body(lease);
	int rc = request_start(request->api,
	                       &(struct request_config){ .method = "POST",
	                                                 .path = path,
	                                                 .body = body,
	                                                 .until = request->until,
	                                                 .done = on_action,
	                                                 .cookie = request },
	                       err);

	free(path);
	free(body);
	return rc;
}

struct api_lease_request *api_lease_ask(struct api *api, const struct api_lease *lease,
                                        struct deadline until, struct error *err)
{
	struct api_lease_request *request;

	if (!valid_uid(lease->stack_uid) ||
	    (lease->server_uid[0] != '\0' && !valid_uid(lease->server_uid))) {
		error_set(err, ERROR_INTERNAL, "not the uid of a stack or a server");
		return NULL;
	}
	request = xcalloc(1, sizeof(*request));
	request->api = api;
	request->until = until;
	request->stack_uid = xstrdup(lease->stack_uid);
	if (order(request, lease, err) == 0)
		return request;
	lease_request_free(request);
	return NULL;
}

enum api_lease_progress api_lease_state(const struct api_lease_request *request)
{
	return request->state;
}

bool api_lease_is_lost(const struct api_lease_request *request)
{
	return request->lost;
}

void api_lease_extend(struct api_lease_request *request, struct deadline until)
{
	request->until = until;
}

int api_lease_wait(struct api_lease_request *request, struct error *err)
{
	int rc;

	http_run_until(request->api->http, request->until, &request->ended);
	rc = request->state == API_LEASE_DONE ? 0 : -1;
	if (rc == -1)
		*err = request->err;
	lease_request_free(request);
	return rc;
}

void api_lease_leave(struct api_lease_request *request)
{
	if (request == NULL)
		return;
	request->left = true;
	if (request->ended)
		lease_request_free(request);
}

int api_lease(struct api *api, const struct api_lease *lease, struct deadline until,
              struct error *err)
{
	struct api_lease_request *request = api_lease_ask(api, lease, until, err);

	return request != NULL ? api_lease_wait(request, err) : -1;
}

/* ---- the rules that there are ---- */

struct rules {
	api_firewall_fn *each;
	void *cookie;
};

static int take_rule(const struct json *item, void *cookie, struct error *err)
{
	const struct rules *rules = cookie;
	struct api_firewall_rule rule = {
		.from = json_text(item, "from_ip"),
		.server_uid = json_text(item, "to_server_id"),
	};

	(void)err;
	if (rule.from != NULL && valid_network(rule.from) &&
	    json_number(item, "port", &rule.port))
		rules->each(&rule, rules->cookie);
	return 0;
}

int api_firewall_rules(struct api *api, const char *stack_uid, api_firewall_fn *each,
                       void *cookie, struct deadline until, struct error *err)
{
	struct rules rules = { each, cookie };
	char *path = xasprintf("/stacks/%s/firewalls", stack_uid);
	int rc = api_list(api, path, take_rule, &rules, until, err);

	free(path);
	return rc;
}
