/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static const struct {
	unsigned int status;
	const char *code, *description;
} errors[] = {
	{ 400, "bad_request", "The request is not valid." },
	{ 401, "unauthenticated", "The access token is missing, expired or revoked." },
	{ 402, "trial_expired", "The trial period has expired." },
	{ 403, "forbidden", "The token or user may not do this." },
	{ 404, "not_found", "The requested resource could not be found." },
	{ 408, "time_out", "The request took too long." },
	{ 409, "conflict", "The request conflicts with the state of the resource." },
	{ 429, "throttled", "Too many requests." },
	{ 500, "server_error", "Something went wrong." },
	{ 501, "not_implemented", "This is not implemented." },
	{ 503, "throttled", "Too many requests; retry in the next hour." },
};

void answer_release(struct answer *answer)
{
	free(answer->location);
	free(answer->body);
	*answer = (struct answer){ 0 };
}

void answer_text(struct answer *answer, const char *content_type, char *text, size_t len)
{
	free(answer->body);
	answer->content_type = content_type;
	answer->body = text;
	answer->len = len;
}

void answer_bare(struct answer *answer, json_object *object)
{
	size_t len;
	const char *text =
		json_object_to_json_string_length(object,
	                                          JSON_C_TO_STRING_PLAIN |
	                                                  JSON_C_TO_STRING_NOSLASHESCAPE,
	                                          &len);
	char *copy = xcalloc(1, len + 1);

	memcpy(copy, text, len);
	answer_text(answer, NULL, copy, len);
	(void)json_object_put(object);
}

void answer_object(struct answer *answer, json_object *response)
{
	json_object *envelope = json_object_new_object();

	(void)json_object_object_add(envelope, "response", response);
	answer_bare(answer, envelope);
}

void answer_ok(struct answer *answer)
{
	json_object *response = json_object_new_object();

	(void)json_object_object_add(response, "ok", json_object_new_boolean(true));
	answer_object(answer, response);
}

static json_object *page_link(int page, int pages)
{
	return page >= 1 && page <= pages ? json_object_new_int(page) : NULL;
}

static json_object *pagination(int page, int per_page, int count)
{
	json_object *links = json_object_new_object();
	int pages = count == 0 ? 1 : (count + per_page - 1) / per_page;

	(void)json_object_object_add(links, "previous", page_link(page - 1, pages));
	(void)json_object_object_add(links, "next", page_link(page + 1, pages));
	(void)json_object_object_add(links, "current", json_object_new_int(page));
	(void)json_object_object_add(links, "per_page", json_object_new_int(per_page));
	(void)json_object_object_add(links, "count", json_object_new_int(count));
	(void)json_object_object_add(links, "pages", json_object_new_int(pages));
	return links;
}

void answer_page(struct answer *answer, json_object *array, int page, int per_page)
{
	json_object *envelope = json_object_new_object();
	json_object *shown = json_object_new_array();
	size_t count = json_object_array_length(array);
	size_t first = ((size_t)page - 1) * (size_t)per_page;

	for (size_t i = first; i < count && i < first + (size_t)per_page; i++)
		(void)json_object_array_add(shown,
		                            json_object_get(
						    json_object_array_get_idx(array, i)));
	(void)json_object_put(array);
	(void)json_object_object_add(envelope, "response", shown);
	(void)json_object_object_add(envelope, "count", json_object_new_int((int)count));
	(void)json_object_object_add(envelope, "pagination",
	                             pagination(page, per_page, (int)count));
	answer_bare(answer, envelope);
}

void answer_fail(struct answer *answer, unsigned int status, const char *code,
                 const char *details)
{
	const char *usual = "error", *description = "An error.";
	json_object *error = json_object_new_object();

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].status == status) {
			usual = errors[i].code;
			description = errors[i].description;
		}
	(void)json_object_object_add(error, "error",
	                             json_object_new_string(code != NULL ? code : usual));
	(void)json_object_object_add(error, "error_description",
	                             json_object_new_string(description));
	(void)json_object_object_add(error, "details", json_object_new_string(details));
	answer->status = status;
	answer->challenge = status == 401;
	answer_bare(answer, error);
}

void answer_error(struct answer *answer, unsigned int status, const char *fmt, ...)
{
	char details[512];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(details, sizeof(details), fmt, args) < 0)
		details[0] = '\0';
	va_end(args);
	answer_fail(answer, status, NULL, details);
}

void answer_not_found(struct answer *answer)
{
	answer_fail(answer, 404, NULL, "The requested resource could not be found.");
}

void answer_oauth_error(struct answer *answer, unsigned int status, const char *code,
                        const char *description)
{
	json_object *error = json_object_new_object();

	(void)json_object_object_add(error, "error", json_object_new_string(code));
	(void)json_object_object_add(error, "error_description",
	                             json_object_new_string(description));
	answer->status = status;
	answer_bare(answer, error);
}
