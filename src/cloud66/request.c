/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/request.h"
#include "http/http.h"
#include "http/redact.h"
#include "http/url.h"
#include "runtime/log.h"
#include "runtime/waiting.h"

enum {
	HEADERS_MAX = 8,
	AGAIN_MS = 100,      /* after a 5xx */
	THROTTLED_MS = 1000, /* without Retry-After; doubled each time */
	THROTTLED_MAX_MS = 16000,
};

struct request {
	struct api *api;
	struct deadline until;
	char *method, *path, *url, *body;
	request_done_fn *done;
	void *cookie;
	const bool *in_vain;
	int64_t throttled_ms;
	bool tried_again;
};

static void request_free(struct request *r)
{
	free(r->method);
	free(r->path);
	free(r->url);
	free(r->body);
	free(r);
}

/* RFC 4122, version 4.  It names a request in the API's logs; no secret. */
static void make_uuid(char out[static 37])
{
	unsigned char b[16] = { 0 };

	(void)!getentropy(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	(void)snprintf(out, 37,
	               "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	               "%02x%02x%02x%02x%02x%02x",
	               b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
	               b[11], b[12], b[13], b[14], b[15]);
}

static void on_answer(const struct http_answer *answer, void *cookie);

static void submit(struct request *r, int64_t delay_ms)
{
	const struct api *api = r->api;
	const char *headers[HEADERS_MAX] = { "Accept: application/json",
		                             "User-Agent: cxssh/" CXSSH_VERSION };
	char uuid[37];
	char request_id[64];
	char account[64];
	char *cx_token = NULL;
	size_t n = 2;

	waiting_for_peer(url_host(api->auth.base_url));
	make_uuid(uuid);
	(void)snprintf(request_id, sizeof(request_id), "Request-Id: %s", uuid);
	headers[n++] = request_id;
	if (r->body != NULL)
		headers[n++] = "Content-Type: application/json";
	if (api->account != NULL) {
		(void)snprintf(account, sizeof(account), "X-Account: %s", api->account);
		headers[n++] = account;
	}
	if (api->auth.cx_token != NULL) {
		cx_token = xasprintf("X-CxToken: %s", api->auth.cx_token);
		headers[n++] = cx_token;
	}
	http_queue(api->http, &(struct http_request){ .method = r->method,
	                                              .url = r->url,
	                                              .headers = headers,
	                                              .body = r->body,
	                                              .delay_ms = delay_ms,
	                                              .bearer = api->auth.token,
	                                              .in_header = api->auth.cx_token,
	                                              .done = on_answer,
	                                              .cookie = r });
	mem_free_secret(cx_token);
}

int request_start(struct api *api, const struct request_config *config, struct error *err)
{
	struct request *r;

	if (!url_is_path(config->path) ||
	    (config->query != NULL && !url_is_query(config->query)))
		return error_set(err, ERROR_INTERNAL,
		                 "a path of the API has characters that are not allowed");
	r = xcalloc(1, sizeof(*r));
	r->api = api;
	r->until = config->until;
	r->in_vain = config->in_vain;
	r->method = xstrdup(config->method != NULL ? config->method : "GET");
	r->path = xstrdup(config->path);
	r->url = xasprintf("%s/api/3%s.json%s%s", api->auth.base_url, config->path,
	                   config->query != NULL ? "?" : "",
	                   config->query != NULL ? config->query : "");
	if (config->body != NULL)
		r->body = xstrdup(config->body);
	r->done = config->done;
	r->cookie = config->cookie;
	submit(r, config->delay_ms);
	return 0;
}

int request_bad_answer(const struct api *api, const char *path, const char *what,
                       struct error *err)
{
	log_step("%s: %s", path, what);
	return error_set(err, ERROR_UNAVAILABLE, "%s: %s", url_host(api->auth.base_url),
	                 what);
}

bool request_is_finished(const struct json *action)
{
	return json_some_text(action, "finished_at") != NULL ||
	       json_flag(action, "finished_at");
}

static bool is_throttled(const struct http_answer *answer)
{
	return answer->outcome == HTTP_ANSWERED &&
	       (answer->status == 429 || answer->status == 503);
}

/* How long to wait before the call is repeated, in ms, or -1: it is final. */
static int64_t pause_before_retry(struct request *r, const struct http_answer *answer)
{
	bool transient = answer->outcome == HTTP_BROKEN ||
	                 (answer->outcome == HTTP_ANSWERED && answer->status >= 500);

	if (is_throttled(answer)) {
		int64_t usual = r->throttled_ms == 0 ? THROTTLED_MS : r->throttled_ms * 2;

		r->throttled_ms = usual < THROTTLED_MAX_MS ? usual : THROTTLED_MAX_MS;
		if (answer->retry_after_s > 0 && answer->retry_after_s < INT32_MAX)
			return answer->retry_after_s * 1000;
		return answer->retry_after_s > 0 ? INT64_MAX : r->throttled_ms;
	}
	/* A POST may have been executed before the answer was lost. */
	if (!transient || r->tried_again || strcmp(r->method, "GET") != 0)
		return -1;
	r->tried_again = true;
	return answer->outcome == HTTP_BROKEN ? 0 : AGAIN_MS;
}

const char *request_shown(const struct api *api, const char *text, char *out, size_t cap)
{
	const struct redact_list secrets = { { api->auth.token, api->auth.cx_token } };

	return redact(text, &secrets, out, cap);
}

const char *request_said(const struct api *api, const struct json *action, char *out,
                         size_t cap)
{
	const char *said = json_some_text(action, "finished_message");

	return request_shown(api, said != NULL ? said : "no reason given", out, cap);
}

/* The API's own reason for a failure, redacted; "" if there is none. */
static const char *read_reason(const struct api *api, const struct http_answer *answer,
                               char *out, size_t cap)
{
	static const char *const keys[] = { "details", "error_description", "error" };
	struct error ignored = ERROR_INIT;
	struct json *doc = json_parse(answer->body.data, answer->body.len, &ignored);
	const char *text = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (text == NULL)
			text = json_some_text(doc, keys[i]);
	}
	(void)request_shown(api, text != NULL ? text : "", out, cap);
	json_free(doc);
	return out;
}

/* A 4xx of which a second call would not get another answer. */
static bool is_final(int status)
{
	return status >= 400 && status < 500 && status != 408 && status != 425 &&
	       status != 429;
}

/* The command that helps. */
static void hint(const struct request *r, int status, struct error *err)
{
	bool of_stack = strncmp(r->path, "/stacks/", strlen("/stacks/")) == 0;

	if (status == 401)
		error_hint(err, "cxssh login --token");
	if (status == 403)
		error_hint(err, "cxssh whoami");
	/* A list of the account that is not there is no matter of what sync has written.
	 */
	if (status == 404)
		error_hint(err, of_stack ? "cxssh sync" : "cxssh doctor");
}

static void refuse(const struct request *r, const struct http_answer *answer,
                   struct error *err)
{
	static const struct {
		int status;
		enum error_code code;
		const char *what;
	} known[] = {
		{ 401, ERROR_DENIED, "the token is not accepted" },
		{ 402, ERROR_DENIED, "the trial of this account has ended" },
		{ 403, ERROR_DENIED, "not allowed with this token" },
		{ 404, ERROR_NO_HOST, "not found" },
		{ 429, ERROR_RETRY, "too many calls" },
		{ 503, ERROR_RETRY, "too busy" },
	};
	const char *host = url_host(r->api->auth.base_url);
	enum error_code code = ERROR_UNAVAILABLE;
	const char *what = NULL;
	char number[32];
	char reason[200];
	char when[WAITING_UNTIL_SIZE];
	bool shown;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].status == answer->status) {
			code = known[i].code;
			what = known[i].what;
		}
	}
	(void)read_reason(r->api, answer, reason, sizeof(reason));
	if (reason[0] != '\0')
		log_step("%s: %s", r->path, reason);
	shown = reason[0] != '\0' && answer->status != 401;
	if (what == NULL) {
		(void)snprintf(number, sizeof(number), "HTTP status %d", answer->status);
		what = number;
	}
	if (is_throttled(answer))
		error_set(err, code, "%s: %s, try again %s", host, what,
		          waiting_until(answer->retry_after_s, when));
	else
		error_set(err, code, "%s: %s%s%s%s", host, what, shown ? " (" : "",
		          shown ? reason : "", shown ? ")" : "");
	hint(r, answer->status, err);
	if (is_final(answer->status))
		err->cause = CAUSE_REJECTED;
}

static int note_response(const char *key, const struct json *value, void *cookie,
                         struct error *err)
{
	struct request_answer *result = cookie;

	(void)err;
	if (strcmp(key, "response") == 0)
		result->content = value;
	return 0;
}

/* Fill *result from the final answer. */
static void judge(const struct request *r, const struct http_answer *answer,
                  struct request_answer *result)
{
	struct json *doc;

	if (answer->outcome != HTTP_ANSWERED) {
		error_set(&result->error, ERROR_UNAVAILABLE, "%s: %s",
		          url_host(r->api->auth.base_url), answer->why);
		result->error.cause = answer->cause;
		return;
	}
	result->status = answer->status;
	if (answer->status < 200 || answer->status > 299) {
		refuse(r, answer, &result->error);
		return;
	}
	result->weight = json_weight(answer->body.data, answer->body.len);
	if (result->weight > JSON_WEIGHT_MAX) {
		(void)request_bad_answer(r->api, r->path, "the answer is too large",
		                         &result->error);
		return;
	}
	doc = json_parse(answer->body.data, answer->body.len, &result->error);
	if (json_kind(doc) != JSON_OBJECT && json_kind(doc) != JSON_ARRAY) {
		(void)request_bad_answer(r->api, r->path,
		                         "the answer is not JSON as promised",
		                         &result->error);
		json_free(doc);
		return;
	}
	result->document = doc;
	result->content = doc;
	if (json_kind(doc) == JSON_OBJECT)
		(void)json_each(doc, note_response, result, &result->error);
}

static void log_answer(const struct request *r, const struct http_answer *answer)
{
	if (answer->outcome == HTTP_ANSWERED)
		log_step("%s %s: %d, %zu bytes, %lld ms", r->method, r->path,
		         answer->status, answer->body.len, (long long)answer->took_ms);
	else
		log_step("%s %s: %s%s%s, %lld ms", r->method, r->path, answer->why,
		         answer->detail[0] != '\0' ? ", " : "", answer->detail,
		         (long long)answer->took_ms);
	if (answer->warning[0] != '\0')
		log_step("the API warns: %s", answer->warning);
}

static void on_answer(const struct http_answer *answer, void *cookie)
{
	struct request *r = cookie;
	struct request_answer result = { .error = ERROR_INIT };
	int64_t pause = pause_before_retry(r, answer);

	if (answer->outcome != HTTP_DROPPED)
		log_answer(r, answer);
	if (pause != -1 && !(r->in_vain != NULL && *r->in_vain) &&
	    pause < deadline_left(r->until)) {
		if (is_throttled(answer))
			waiting_throttled(url_host(r->api->auth.base_url), pause);
		submit(r, pause);
		return;
	}
	result.late = answer->outcome == HTTP_TIMED_OUT;
	result.lost = answer->outcome == HTTP_BROKEN;
	judge(r, answer, &result);
	r->done(&result, r->cookie);
	json_free(result.document);
	request_free(r);
}
