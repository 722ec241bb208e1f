#include <stdlib.h>
#include <string.h>

#include "base/allow.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/account.h"
#include "cloud66/api.h"
#include "cloud66/call.h"
#include "cloud66/http.h"
#include "cloud66/pages.h"

enum {
	KEY_MAX = 64 * 1024,
	POLL_FIRST_MS = 250,
	POLL_MAX_MS = 2000,
};

#define WITH_KEY "include_private_key=1"

struct api *api_open(const struct api_config *config, struct deadline until,
                     struct error *err)
{
	struct api *api = xcalloc(1, sizeof(*api));
	struct http_config http = { .any_family = config->any_family };

	if (auth_load(&api->auth, config->profile, until, err) == -1)
		goto out;
	api->http = http_new(&http, err);
	if (api->http == NULL || account_choose(api, until, err) == -1)
		goto out;
	return api;
out:
	api_free(api);
	return NULL;
}

void api_free(struct api *api)
{
	if (api == NULL)
		return;
	http_free(api->http);
	auth_release(&api->auth);
	free(api->account);
	free(api);
}

const char *api_base_url(const struct api *api)
{
	return api->auth.base_url;
}

int api_lists(struct api *api, struct api_list *lists, size_t count,
              void (*progress)(size_t done, size_t known, void *cookie), void *cookie,
              struct deadline until)
{
	return pages_fetch(api, lists, count, progress, cookie, until);
}

int api_list(struct api *api, const char *path, api_item_fn *each, void *cookie,
             struct deadline until, struct error *err)
{
	struct api_list list = {
		.path = xstrdup(path), .each = each, .cookie = cookie, .err = err
	};
	int rc = pages_fetch(api, &list, 1, NULL, NULL, until);

	free(list.path);
	return rc;
}

struct fetch {
	api_item_fn *each;
	void *cookie;
	bool done;
	int rc;
	struct error *err;
};

static void on_object(struct call_answer *answer, void *cookie)
{
	struct fetch *fetch = cookie;

	fetch->done = true;
	if (answer->error.code != ERROR_NONE)
		*fetch->err = answer->error;
	else
		fetch->rc = fetch->each(answer->content, fetch->cookie, fetch->err);
}

int api_get(struct api *api, const char *path, const char *query, api_item_fn *each,
            void *cookie, struct deadline until, struct error *err)
{
	struct fetch fetch = { .each = each, .cookie = cookie, .rc = -1, .err = err };
	struct call_config call = { .path = path,
		                    .query = query,
		                    .until = until,
		                    .done = on_object,
		                    .cookie = &fetch };

	if (call_start(api, &call, err) == -1)
		return -1;
	http_run_until(api->http, until, &fetch.done);
	return fetch.rc;
}

static int on_ping(const struct json *content, void *cookie, struct error *err)
{
	const struct api *api = cookie;

	if (!json_flag(content, "ok"))
		return call_nonsense(api, "/ping/auth", "the answer is not ok", err);
	return 0;
}

int api_ping(struct api *api, struct deadline until, struct error *err)
{
	return api_get(api, "/ping/auth", NULL, on_ping, api, until, err);
}

/* The path of a server, or NULL when one of the uids is none. */
static char *server_path(const char *stack_uid, const char *server_uid)
{
	if (!allow_uid(stack_uid) || !allow_uid(server_uid))
		return NULL;
	return xasprintf("/stacks/%s/servers/%s", stack_uid, server_uid);
}

struct key_fetch {
	struct api *api;
	const char *path;
	struct strbuf *key;
	bool none;
};

/* Line ends as ssh wants them, and one at the end. */
static void normalise_key(const char *text, struct strbuf *key)
{
	size_t len = strlen(text);

	while (len > 0 && strchr("\r\n \t", text[len - 1]) != NULL)
		len--;
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\r')
			strbuf_add(key, &text[i], 1);
	}
	strbuf_add(key, "\n", 1);
}

static int on_key(const struct json *content, void *cookie, struct error *err)
{
	struct key_fetch *fetch = cookie;
	const struct json *member = json_member(content, "ssh_private_key");
	const char *text = json_string(member);

	if (json_kind(content) != JSON_OBJECT)
		return call_nonsense(fetch->api, fetch->path,
		                     "the answer is not a server", err);
	fetch->none = json_kind(member) == JSON_NULL || (text != NULL && text[0] == '\0');
	if (fetch->none)
		return 0;
	if (text == NULL || strlen(text) >= KEY_MAX ||
	    strncmp(text, "-----BEGIN ", strlen("-----BEGIN ")) != 0 ||
	    strstr(text, "-----END ") == NULL)
		return call_nonsense(fetch->api, fetch->path,
		                     "\"ssh_private_key\" is not a private key", err);
	normalise_key(text, fetch->key);
	return 0;
}

int api_server_key(struct api *api, const char *stack_uid, const char *server_uid,
                   struct strbuf *key, struct deadline until, struct error *err)
{
	char *path = server_path(stack_uid, server_uid);
	struct key_fetch fetch = { .api = api, .path = path, .key = key };
	int rc;

	if (path == NULL)
		return error_set(err, ERROR_INTERNAL,
		                 "not the uid of a stack or a server");
	rc = api_get(api, path, WITH_KEY, on_key, &fetch, until, err);
	free(path);
	if (rc == -1)
		return -1;
	return fetch.none ? 0 : 1;
}

static void on_probe(struct call_answer *answer, void *cookie)
{
	struct api_key_probe *probe = cookie;
	const struct json *member = json_member(answer->content, "ssh_private_key");
	const char *text = json_string(member);

	if (answer->error.code != ERROR_NONE || json_kind(answer->content) != JSON_OBJECT)
		return;
	probe->answer = text != NULL && text[0] != '\0';
}

void api_probe_keys(struct api *api, struct api_key_probe *probes, size_t count,
                    struct deadline until)
{
	struct error ignored = ERROR_INIT;

	for (size_t i = 0; i < count; i++) {
		char *path = server_path(probes[i].stack_uid, probes[i].server_uid);
		struct call_config call = { .path = path,
			                    .query = WITH_KEY,
			                    .until = until,
			                    .done = on_probe,
			                    .cookie = &probes[i] };

		probes[i].answer = -1;
		if (path != NULL)
			(void)call_start(api, &call, &ignored);
		free(path);
	}
	http_run(api->http, until);
}

struct api_opening {
	struct api *api;
	char *stack_uid;
	struct deadline until;
	int64_t wait_ms;
	enum api_opening_state state;
	bool ended;
	bool left; /* nobody waits: it frees itself */
	struct error err;
};

static void on_action(struct call_answer *answer, void *cookie);

static void opening_free(struct api_opening *opening)
{
	free(opening->stack_uid);
	free(opening);
}

static void ended(struct api_opening *opening, bool well)
{
	opening->ended = true;
	opening->state = well ? API_OPENING_DONE : API_OPENING_FAILED;
	if (opening->left)
		opening_free(opening);
}

/* Look again at the action, after a while. */
static int poll_action(struct api_opening *opening, const struct json *action)
{
	char *path;
	int64_t id;
	int rc;

	if (!json_number(action, "id", &id) || id < 1)
		return call_nonsense(opening->api, "the firewall", "the action has no id",
		                     &opening->err);
	path = xasprintf("/stacks/%s/actions/%lld", opening->stack_uid, (long long)id);
	rc = call_start(opening->api,
	                &(struct call_config){ .path = path,
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

static void on_finished(struct api_opening *opening, const struct json *action)
{
	const char *said = json_text(action, "finished_message");
	char shown[200] = "no reason given";

	if (json_flag(action, "finished_success")) {
		ended(opening, true);
		return;
	}
	if (said != NULL && said[0] != '\0')
		(void)call_shown(opening->api, said, shown, sizeof(shown));
	error_set(&opening->err, ERROR_DENIED, "%s refused to open the firewall: %s",
	          api_base_url(opening->api), shown);
	ended(opening, false);
}

static void on_action(struct call_answer *answer, void *cookie)
{
	struct api_opening *opening = cookie;
	bool ordered = opening->state == API_OPENING_ORDERED;

	if (!ordered && answer->status == 409) {
		log_step("the API has such a firewall rule already (409)");
		ended(opening, true);
		return;
	}
	if (answer->late && ordered)
		call_nonsense(opening->api, "the firewall",
		              "not opened in the time allowed", &opening->err);
	else if (answer->error.code != ERROR_NONE)
		opening->err = answer->error;
	else if (json_kind(answer->content) != JSON_OBJECT)
		call_nonsense(opening->api, "the firewall", "the answer is not an action",
		              &opening->err);
	else if (json_kind(json_member(answer->content, "finished_at")) != JSON_NULL) {
		on_finished(opening, answer->content);
		return;
	} else {
		opening->state = API_OPENING_ORDERED;
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

static int order(struct api_opening *opening, const struct api_lease *lease,
                 struct error *err)
{
	char *path = xasprintf("/stacks/%s/firewalls", lease->stack_uid);
	char *body = lease_body(lease);
	int rc = call_start(opening->api,
	                    &(struct call_config){ .method = "POST",
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

struct api_opening *api_lease_ask(struct api *api, const struct api_lease *lease,
                                  struct deadline until, struct error *err)
{
	struct api_opening *opening;

	if (!allow_uid(lease->stack_uid) ||
	    (lease->server_uid[0] != '\0' && !allow_uid(lease->server_uid))) {
		error_set(err, ERROR_INTERNAL, "not the uid of a stack or a server");
		return NULL;
	}
	opening = xcalloc(1, sizeof(*opening));
	opening->api = api;
	opening->until = until;
	opening->stack_uid = xstrdup(lease->stack_uid);
	if (order(opening, lease, err) == 0)
		return opening;
	opening_free(opening);
	return NULL;
}

enum api_opening_state api_lease_state(const struct api_opening *opening)
{
	return opening->state;
}

void api_turn(struct api *api, struct deadline until, struct pollfd *also, size_t count,
              int wait_ms)
{
	http_turn(api->http, until, also, count, wait_ms);
}

int api_lease_wait(struct api_opening *opening, struct error *err)
{
	int rc;

	http_run_until(opening->api->http, opening->until, &opening->ended);
	rc = opening->state == API_OPENING_DONE ? 0 : -1;
	if (rc == -1)
		*err = opening->err;
	opening_free(opening);
	return rc;
}

void api_lease_leave(struct api_opening *opening)
{
	if (opening == NULL)
		return;
	opening->left = true;
	if (opening->ended)
		opening_free(opening);
}

int api_lease(struct api *api, const struct api_lease *lease, struct deadline until,
              struct error *err)
{
	struct api_opening *opening = api_lease_ask(api, lease, until, err);

	return opening != NULL ? api_lease_wait(opening, err) : -1;
}
