/* SPDX-License-Identifier: MIT */
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

enum { KEY_MAX = 64 * 1024 };

#define WITH_KEY "include_private_key=1"

struct api *api_open(const struct api_config *config, struct deadline until,
                     struct error *err)
{
	struct api *api = xcalloc(1, sizeof(*api));
	struct http_config http = { .any_family = config->any_family };

	if ((config->token == NULL ? auth_load(&api->auth, config->profile, until, err) :
	                             auth_try(&api->auth, config->profile, config->token,
	                                      until, err)) == -1)
		goto out;
	if (config->org != NULL) {
		free(api->auth.organization);
		api->auth.organization = xstrdup(config->org);
	}
	api->http = http_new(&http, err);
	if (api->http == NULL ||
	    (config->token == NULL && account_choose(api, until, err) == -1))
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

const char *api_profile(const struct api *api)
{
	return api->auth.profile;
}

const char *api_scopes(const struct api *api)
{
	return api->auth.scopes;
}

const char *api_organization(const struct api *api)
{
	return api->auth.organization;
}

const char *api_account(const struct api *api)
{
	return api->account;
}

const char *api_token_path(const struct api *api)
{
	return api->auth.token_path;
}

int api_list(struct api *api, const char *path, api_item_fn *each, void *cookie,
             struct deadline until, struct error *err)
{
	struct api_list list = {
		.path = xstrdup(path), .each = each, .cookie = cookie, .err = err
	};
	int rc = api_lists(api, &list, 1, NULL, NULL, until);

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

static void on_object(struct request_answer *answer, void *cookie)
{
	struct fetch *fetch = cookie;

	fetch->done = true;
	if (answer->error.code != ERROR_NONE)
		*fetch->err = answer->error;
	else
		fetch->rc = fetch->each(answer->content, fetch->cookie, fetch->err);
}

/* Make the call, whose answer goes to fetch. */
static int run(struct api *api, struct request_config *call, struct fetch *fetch)
{
	call->done = on_object;
	call->cookie = fetch;
	fetch->rc = -1;
	if (request_start(api, call, fetch->err) == -1)
		return -1;
	http_run_until(api->http, call->until, &fetch->done);
	return fetch->rc;
}

int api_call(struct api *api, const struct api_object *object, struct deadline until,
             struct error *err)
{
	struct fetch fetch = { .each = object->each,
		               .cookie = object->cookie,
		               .err = err };
	struct request_config call = { .method = object->body != NULL ? "POST" : NULL,
		                       .path = object->path,
		                       .query = object->query,
		                       .body = object->body,
		                       .until = until };

	return run(api, &call, &fetch);
}

static int on_ping(const struct json *content, void *cookie, struct error *err)
{
	const struct api *api = cookie;

	if (!json_flag(content, "ok"))
		return request_bad_answer(api, "/ping/auth", "the answer is not ok", err);
	return 0;
}

int api_ping(struct api *api, struct deadline until, struct error *err)
{
	struct api_object ping = { .path = "/ping/auth", .each = on_ping, .cookie = api };

	return api_call(api, &ping, until, err);
}

int api_keep_token(const struct api *api, struct error *err)
{
	return auth_keep(&api->auth, err);
}

/* The path of a server, or NULL when one of the uids is not valid. */
static char *server_path(const char *stack_uid, const char *server_uid)
{
	if (!valid_uid(stack_uid) || !valid_uid(server_uid))
		return NULL;
	return xasprintf("/stacks/%s/servers/%s", stack_uid, server_uid);
}

struct key_fetch {
	struct api *api;
	const char *path;
	struct strbuf *key;
	bool none;
};

static int on_key(const struct json *content, void *cookie, struct error *err)
{
	struct key_fetch *fetch = cookie;
	const struct json *member = json_member(content, "ssh_private_key");
	const char *text = json_string(member);

	if (json_kind(content) != JSON_OBJECT)
		return request_bad_answer(fetch->api, fetch->path,
		                          "the answer is not a server", err);
	fetch->none = json_kind(member) == JSON_NULL || (text != NULL && text[0] == '\0');
	if (fetch->none)
		return 0;
	if (text == NULL || strlen(text) >= KEY_MAX)
		return request_bad_answer(fetch->api, fetch->path,
		                          "\"ssh_private_key\" is not a private key",
		                          err);
	strbuf_adds(fetch->key, text);
	return 0;
}

int api_server_key(struct api *api, const char *stack_uid, const char *server_uid,
                   struct strbuf *key, struct deadline until, struct error *err)
{
	char *path = server_path(stack_uid, server_uid);
	struct key_fetch fetch = { .api = api, .path = path, .key = key };
	struct api_object server = {
		.path = path, .query = WITH_KEY, .each = on_key, .cookie = &fetch
	};
	int rc;

	if (path == NULL)
		return error_set(err, ERROR_INTERNAL,
		                 "not the uid of a stack or a server");
	rc = api_call(api, &server, until, err);
	free(path);
	if (rc == -1)
		return -1;
	return fetch.none ? API_KEY_NONE : API_KEY_GIVEN;
}

static void on_probe(struct request_answer *answer, void *cookie)
{
	struct api_key_probe *probe = cookie;

	if (answer->error.code == ERROR_NONE && json_kind(answer->content) == JSON_OBJECT)
		probe->answer =
			json_some_text(answer->content, "ssh_private_key") != NULL;
}

void api_probe_keys(struct api *api, struct api_key_probe *probes, size_t count,
                    struct deadline until)
{
	struct error ignored = ERROR_INIT;

	for (size_t i = 0; i < count; i++) {
		char *path = server_path(probes[i].stack_uid, probes[i].server_uid);
		struct request_config call = { .path = path,
			                       .query = WITH_KEY,
			                       .until = until,
			                       .done = on_probe,
			                       .cookie = &probes[i] };

		probes[i].answer = -1;
		if (path != NULL)
			(void)request_start(api, &call, &ignored);
		free(path);
	}
	http_run(api->http, until);
}

void api_turn(struct api *api, struct deadline until, struct pollfd *also, size_t count,
              int wait_ms)
{
	http_turn(api->http, until, also, count, wait_ms);
}
