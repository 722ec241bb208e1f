/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "cloud66/containers.h"
#include "cloud66/request.h"
#include "http/url.h"
#include "runtime/waiting.h"

enum { POLL_FIRST_MS = 250, POLL_MAX_MS = 2000, COMMAND_MAX = 64 * 1024 };

/* A name of a container or service: of a role's letters, capitals and dots. */
static int check_name(const char *name, struct error *err)
{
	char shown[64];

	if (valid_target(name))
		return 0;
	return error_set(err, ERROR_USAGE, "%s is no name of a service or container",
	                 printable_text(name, shown, sizeof(shown)));
}

/* One text of an object. */
struct member {
	struct api *api;
	const char *path;
	const char *key;
	char *text;
};

/* A terminal or shell must not see control characters. */
static bool is_plain(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 127)
			return false;
	}
	return text[0] != '\0' && strlen(text) < COMMAND_MAX;
}

static int take_member(const struct json *content, void *cookie, struct error *err)
{
	struct member *member = cookie;
	const char *text = json_text(content, member->key);

	if (text == NULL || !is_plain(text)) {
		char *what = xasprintf("no \"%s\" in the answer", member->key);

		request_bad_answer(member->api, member->path, what, err);
		free(what);
		return -1;
	}
	member->text = xstrdup(text);
	return 0;
}

/* The text under key of the object at path; takes path. */
static char *get_text(struct api *api, char *path, const char *query, const char *key,
                      struct deadline until, struct error *err)
{
	struct member member = { api, path, key, NULL };
	struct api_object object = {
		.path = path, .query = query, .each = take_member, .cookie = &member
	};

	(void)api_call(api, &object, until, err);
	free(path);
	return member.text;
}

char *containers_wrap(struct api *api, const struct service_command *wanted,
                      struct deadline until, struct error *err)
{
	struct strbuf query = STRBUF_INIT;
	char *text;

	if (check_name(wanted->service, err) == -1)
		return NULL;
	strbuf_adds(&query, "server_uid=");
	url_escape(&query, wanted->server_uid);
	strbuf_adds(&query, "&wrap_command=");
	url_escape(&query, wanted->command);
	text = get_text(api,
	                xasprintf("/stacks/%s/services/%s", wanted->stack_uid,
	                          wanted->service),
	                query.data, "wrap_command", until, err);
	strbuf_release(&query);
	return text;
}

char *containers_server(struct api *api, const char *stack_uid, const char *container,
                        struct deadline until, struct error *err)
{
	if (check_name(container, err) == -1)
		return NULL;
	return get_text(api, xasprintf("/stacks/%s/containers/%s", stack_uid, container),
	                NULL, "server_uid", until, err);
}

/* The state of an action, and what it ended with. */
struct action {
	struct api *api;
	int64_t id;
	bool finished;
	bool well;
	char said[200];
};

static int take_action(const struct json *content, void *cookie, struct error *err)
{
	struct action *action = cookie;

	if (!json_number(content, "id", &action->id) || action->id < 1)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the API's answer to a session is not an action");
	action->finished = request_is_finished(content);
	action->well = json_flag(content, "finished_success");
	(void)request_said(action->api, content, action->said, sizeof(action->said));
	return 0;
}

static int start_session(struct api *api, const char *stack_uid, const char *service,
                         struct action *action, struct deadline until, struct error *err)
{
	char *path = xasprintf("/stacks/%s/sessions", stack_uid);
	struct json *body = json_new_object();
	struct strbuf text = STRBUF_INIT;
	int rc;

	json_put_text(body, "service_name", service);
	json_write(body, false, &text);
	rc = api_call(api,
	              &(struct api_object){ .path = path,
	                                    .body = text.data,
	                                    .each = take_action,
	                                    .cookie = action },
	              until, err);
	json_free(body);
	strbuf_release(&text);
	free(path);
	return rc;
}

/* A request of the API takes the line of the wait away. */
static void sleep_waiting(int64_t since_ms, struct deadline until)
{
	waiting_for("waiting for a container of the service");
	waiting_began(since_ms);
	while (!deadline_passed(until)) {
		(void)poll(NULL, 0, waiting_slice(deadline_left(until)));
		waiting_tick();
	}
	waiting_end();
}

static int wait_for_action(struct api *api, const char *stack_uid, struct action *action,
                           struct deadline until, struct error *err)
{
	int64_t began_ms = deadline_now_ms();
	int pause = POLL_FIRST_MS;
	int rc = 0;

	while (rc == 0 && !action->finished) {
		char *path = xasprintf("/stacks/%s/actions/%lld", stack_uid,
		                       (long long)action->id);
		struct api_object state = { .path = path,
			                    .each = take_action,
			                    .cookie = action };

		if (deadline_passed(until))
			rc = error_set(err, ERROR_UNAVAILABLE,
			               "the session has not started in time");
		sleep_waiting(began_ms, deadline_within(until, pause));
		pause = pause * 2 < POLL_MAX_MS ? pause * 2 : POLL_MAX_MS;
		if (rc == 0)
			rc = api_call(api, &state, until, err);
		free(path);
	}
	if (rc == 0 && !action->well)
		rc = error_set(err, ERROR_DENIED, "the API could not start a session: %s",
		               action->said);
	return rc;
}

char *containers_pod(struct api *api, const char *stack_uid, const char *service,
                     struct deadline until, struct error *err)
{
	struct action action = { .api = api };
	char *query;
	char *pod;

	if (check_name(service, err) == -1 ||
	    start_session(api, stack_uid, service, &action, until, err) == -1 ||
	    wait_for_action(api, stack_uid, &action, until, err) == -1)
		return NULL;
	query = xasprintf("service_name=%s", service);
	pod = get_text(api, xasprintf("/stacks/%s/sessions/fetch", stack_uid), query,
	               "pod_name", until, err);
	free(query);
	return pod;
}
