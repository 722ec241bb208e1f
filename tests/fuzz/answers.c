/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strvec.h"
#include "http/http.h"

struct waiting {
	http_done_fn *done;
	void *cookie;
};

struct http {
	struct waiting *queue;
	size_t first;
	size_t count;
};

static struct fuzz_parts *answers;

void answers_from(struct fuzz_parts *parts)
{
	answers = parts;
}

struct http *http_new(const struct http_config *config, struct error *err)
{
	(void)config;
	(void)err;
	return xcalloc(1, sizeof(struct http));
}

/* Nothing of what is sent may break out of its line. */
static void check_request(const struct http_request *request)
{
	require(fuzz_is_printable(request->url) &&
	        strpbrk(request->url, " \"'\\") == NULL);
	for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++)
		require(fuzz_is_printable(request->headers[i]));
	require(request->bearer == NULL || fuzz_is_printable(request->bearer));
}

void http_queue(struct http *http, const struct http_request *request)
{
	check_request(request);
	http->queue = xrealloc_array(http->queue, http->count + 1, sizeof(*http->queue));
	http->queue[http->count++] = (struct waiting){ request->done, request->cookie };
}

/* "STATUS[ SECONDS]\n" and the body. */
static void read_answer(const uint8_t *bytes, size_t len, struct http_answer *answer)
{
	const uint8_t *newline = memchr(bytes, '\n', len);
	size_t line = newline == NULL ? len : (size_t)(newline - bytes);
	char *head = fuzz_copy(bytes, line);
	struct error ignored = ERROR_INIT;
	struct strvec words = STRVEC_INIT;
	int64_t status = 1;

	strvec_split(&words, head);
	if (words.count > 0)
		(void)parse_int(words.items[0], 0, 599, &status, &ignored);
	if (words.count > 1)
		(void)parse_int(words.items[1], 0, INT64_MAX, &answer->retry_after_s,
		                &ignored);
	answer->outcome = status == 0 ? HTTP_BROKEN :
	                  status == 1 ? HTTP_FAILED :
	                                HTTP_ANSWERED;
	answer->status = status < 2 ? 0 : (int)status;
	if (newline != NULL)
		strbuf_add(&answer->body, newline + 1, len - line - 1);
	strvec_release(&words);
	free(head);
}

static void answer_first(struct http *http, enum http_outcome otherwise)
{
	struct waiting next = http->queue[http->first++];
	struct http_answer answer = { .outcome = otherwise,
		                      .body = STRBUF_INIT,
		                      .why = "no answer" };
	const uint8_t *bytes;
	size_t len;

	if (otherwise == HTTP_TIMED_OUT && answers != NULL &&
	    fuzz_part(answers, &bytes, &len))
		read_answer(bytes, len, &answer);
	next.done(&answer, next.cookie);
	strbuf_release(&answer.body);
}

void http_turn(struct http *http, struct deadline until, struct pollfd *also,
               size_t count, int wait_ms)
{
	(void)until;
	(void)also;
	(void)count;
	(void)wait_ms;
	if (http->first < http->count)
		answer_first(http, HTTP_TIMED_OUT);
	if (http->first == http->count)
		http->first = http->count = 0;
}

void http_run_until(struct http *http, struct deadline until, const bool *done)
{
	while (http->count > 0 && !*done)
		http_turn(http, until, NULL, 0, 0);
}

void http_run(struct http *http, struct deadline until)
{
	while (http->count > 0)
		http_turn(http, until, NULL, 0, 0);
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	while (http->first < http->count)
		answer_first(http, HTTP_DROPPED);
	free(http->queue);
	free(http);
}
