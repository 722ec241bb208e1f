/* SPDX-License-Identifier: MIT */
/*
 * firewall - a temporary rule in a stack's firewall, from asking for it to the end of
 * the action that makes it: the functions api_lease...() of api.h.
 */
#include <stdlib.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "cloud66/request.h"
#include "http/http.h"
#include "runtime/log.h"

enum { POLL_FIRST_MS = 250, POLL_MAX_MS = 2000 };

struct api_lease_request {
	struct api *api;
	char *stack_uid;
	struct deadline until;
	int64_t wait_ms;
	enum api_lease_progress state;
	bool ended;
	bool left; /* nobody waits: it frees itself */
	struct error err;
};

static void on_action(struct request_answer *answer, void *cookie);

static void lease_request_free(struct api_lease_request *opening)
{
	free(opening->stack_uid);
	free(opening);
}

static void ended(struct api_lease_request *opening, bool well)
{
	opening->ended = true;
	opening->state = well ? API_LEASE_DONE : API_LEASE_FAILED;
	if (opening->left)
		lease_request_free(opening);
}

/* Look again at the action, after a while. */
static int poll_action(struct api_lease_request *opening, const struct json *action)
{
	char *path;
	int64_t id;
	int rc;

	if (!json_number(action, "id", &id) || id < 1)
		return request_bad_answer(opening->api, "the firewall",
		                          "the action has no id", &opening->err);
	path = xasprintf("/stacks/%s/actions/%lld", opening->stack_uid, (long long)id);
	rc = request_start(opening->api,
	                   &(struct request_config){ .path = path,
	                                             .delay_ms = opening->wait_ms,
	                                             .until = opening->until,
	                                             .done = on_action,
	                                             .cookie = opening },
	                   &opening->err);
	free(path);
	if (opening->wait_ms == 0)
		opening->wait_ms = POLL_FIRST_MS;
	else if (opening->wait_ms * 3 / 2 < POLL_MAX_MS)
		opening->wait_ms = opening->wait_ms * 3 / 2;
	else
		opening->wait_ms = POLL_MAX_MS;
	return rc;
}

static void on_finished(struct api_lease_request *opening, const struct json *action)
{
	const char *said = json_text(action, "finished_message");
	char shown[200] = "no reason given";

	if (json_flag(action, "finished_success")) {
		ended(opening, true);
		return;
	}
	if (said != NULL && said[0] != '\0')
		(void)request_shown(opening->api, said, shown, sizeof(shown));
	error_set(&opening->err, ERROR_DENIED, "%s refused to open the firewall: %s",
	          api_base_url(opening->api), shown);
	ended(opening, false);
}

static void on_action(struct request_answer *answer, void *cookie)
{
	struct api_lease_request *opening = cookie;
	bool ordered = opening->state == API_LEASE_ORDERED;

	if (!ordered && answer->status == 409) {
		log_step("the API has such a firewall rule already (409)");
		ended(opening, true);
		return;
	}
	if (answer->late && ordered)
		request_bad_answer(opening->api, "the firewall",
		                   "not opened in the time allowed", &opening->err);
	else if (answer->error.code != ERROR_NONE)
		opening->err = answer->error;
	else if (json_kind(answer->content) != JSON_OBJECT)
		request_bad_answer(opening->api, "the firewall",
		                   "the answer is not an action", &opening->err);
	else if (json_kind(json_member(answer->content, "finished_at")) != JSON_NULL) {
		on_finished(opening, answer->content);
		return;
	} else {
		opening->state = API_LEASE_ORDERED;
		if (poll_action(opening, answer->content) == 0)
			return;
	}
	ended(opening, false);
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

static int order(struct api_lease_request *opening, const struct api_lease *lease,
                 struct error *err)
{
	char *path = xasprintf("/stacks/%s/firewalls", lease->stack_uid);
	char *body = lease_body(lease);
	int rc = request_start(opening->api,
	                       &(struct request_config){ .method = "POST",
	                                                 .path = path,
	                                                 .body = body,
	                                                 .until = opening->until,
	                                                 .done = on_action,
	                                                 .cookie = opening },
	                       err);

	free(path);
	free(body);
	return rc;
}

struct api_lease_request *api_lease_ask(struct api *api, const struct api_lease *lease,
                                        struct deadline until, struct error *err)
{
	struct api_lease_request *opening;

	if (!valid_uid(lease->stack_uid) ||
	    (lease->server_uid[0] != '\0' && !valid_uid(lease->server_uid))) {
		error_set(err, ERROR_INTERNAL, "not the uid of a stack or a server");
		return NULL;
	}
	opening = xcalloc(1, sizeof(*opening));
	opening->api = api;
	opening->until = until;
	opening->stack_uid = xstrdup(lease->stack_uid);
	if (order(opening, lease, err) == 0)
		return opening;
	lease_request_free(opening);
	return NULL;
}

enum api_lease_progress api_lease_state(const struct api_lease_request *opening)
{
	return opening->state;
}

int api_lease_wait(struct api_lease_request *opening, struct error *err)
{
	int rc;

	http_run_until(opening->api->http, opening->until, &opening->ended);
	rc = opening->state == API_LEASE_DONE ? 0 : -1;
	if (rc == -1)
		*err = opening->err;
	lease_request_free(opening);
	return rc;
}

void api_lease_leave(struct api_lease_request *opening)
{
	if (opening == NULL)
		return;
	opening->left = true;
	if (opening->ended)
		lease_request_free(opening);
}

int api_lease(struct api *api, const struct api_lease *lease, struct deadline until,
              struct error *err)
{
	struct api_lease_request *opening = api_lease_ask(api, lease, until, err);

	return opening != NULL ? api_lease_wait(opening, err) : -1;
}
