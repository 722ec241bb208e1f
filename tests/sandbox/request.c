/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define BODY_MAX (1024 * 1024)

struct request *request_new(const char *uri)
{
	struct request *request = xcalloc(1, sizeof(*request));

	request->uri = xstrdup(uri);
	request->arrived_ms = now_ms();
	return request;
}

void request_free(struct request *request)
{
	if (request == NULL)
		return;
	(void)json_object_put(request->params);
	free(request->path);
	free(request->body);
	free(request->uri);
	free(request);
}

/* An IPv4 caller of an IPv6 socket is still an IPv4 caller. */
static void set_peer(struct request *request, const struct sockaddr *addr)
{
	const struct sockaddr_in *four = (const void *)addr;
	const struct sockaddr_in6 *six = (const void *)addr;
	const void *bytes = &four->sin_addr;
	int family = addr->sa_family;

	if (family == AF_INET6) {
		bytes = &six->sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
			bytes = &six->sin6_addr.s6_addr[12];
			family = AF_INET;
		}
	}
	if (inet_ntop(family, bytes, request->peer, sizeof(request->peer)) == NULL)
		request->peer[0] = '\0';
}

void request_begin(struct request *request, struct MHD_Connection *connection,
                   const char *method)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	request->begun = true;
	request->connection = connection;
	request->method = method;
	if (info != NULL)
		set_peer(request, info->client_addr);
}

void request_add_body(struct request *request, const char *data, size_t len)
{
	if (len > BODY_MAX - request->body_len) {
		request->too_long = true;
		return;
	}
	request->body = xrealloc(request->body, request->body_len + len + 1);
	memcpy(request->body + request->body_len, data, len);
	request->body_len += len;
	request->body[request->body_len] = '\0';
}

static void split_path(struct request *request)
{
	size_t len = strcspn(request->uri, "?");
	char *rest, *segment;

	request->path = xstrdup(request->uri);
	request->path[len] = '\0';
	while (len > 0 && request->path[len - 1] == '/')
		request->path[--len] = '\0';
	if (len >= 5 && strcmp(request->path + len - 5, ".json") == 0)
		request->path[len - 5] = '\0';
	rest = request->path[0] == '/' ? request->path + 1 : NULL;
	while ((segment = strsep(&rest, "/")) != NULL &&
	       request->segment_count < SEGMENTS_MAX) {
		(void)MHD_http_unescape(segment);
		request->segment[request->segment_count++] = segment;
	}
}

static char *unescape_form(char *text)
{
	for (char *c = text; *c != '\0'; c++)
		if (*c == '+')
			*c = ' ';
	(void)MHD_http_unescape(text);
	return text;
}

static json_object *parse_form(const char *body)
{
	json_object *params = json_object_new_object();
	char *copy = xstrdup(body);
	char *rest = copy, *value;

	while ((value = strsep(&rest, "&")) != NULL) {
		const char *name = unescape_form(strsep(&value, "="));

		if (value != NULL)
			(void)json_object_object_add(params, name,
			                             json_object_new_string(
							     unescape_form(value)));
	}
	free(copy);
	return params;
}

/* Whatever does not call itself JSON is a form, as for any Rails application. */
static bool parse_body(struct request *request)
{
	const char *type = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);

	if (request->body_len == 0)
		return true;
	if (type == NULL || strncasecmp(type, "application/json", 16) != 0) {
		request->params = parse_form(request->body);
		return true;
	}
	request->params = json_tokener_parse(request->body);
	return json_object_is_type(request->params, json_type_object);
}

bool request_parse(struct request *request)
{
	split_path(request);
	return parse_body(request);
}

const char *request_header(struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_query(struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND,
	                                   name);
}

const char *request_bearer(struct request *request)
{
	const char *value = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);

	if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
		return NULL;
	return value + 7;
}

static json_object *param(struct request *request, const char *name)
{
	json_object *value = NULL;

	if (json_object_is_type(request->params, json_type_object))
		(void)json_object_object_get_ex(request->params, name, &value);
	return value;
}

bool request_has(struct request *request, const char *name)
{
	return param(request, name) != NULL;
}

const char *request_text(struct request *request, const char *name)
{
	json_object *value = param(request, name);

	return json_object_is_type(value, json_type_string) ?
	               json_object_get_string(value) :
	               NULL;
}

bool request_number(struct request *request, const char *name, int64_t min, int64_t max,
                    int64_t *number, struct answer *answer)
{
	json_object *value = param(request, name);
	const char *text = request_text(request, name);

	if (json_object_is_type(value, json_type_int)) {
		*number = json_object_get_int64(value);
		if (*number >= min && *number <= max)
			return true;
	} else if (text != NULL && parse_number(text, min, max, number)) {
		return true;
	}
	answer_error(answer, 400, "%s must be a number from %lld to %lld", name,
	             (long long)min, (long long)max);
	return false;
}

static int page_number(struct request *request, const char *name, int max, int otherwise)
{
	const char *text = request_query(request, name);
	int64_t number;

	if (text == NULL || !parse_number(text, 1, INT32_MAX, &number))
		return otherwise;
	return number > max ? max : (int)number;
}

void request_page(struct request *request, json_object *array, struct answer *answer)
{
	answer_page(answer, array, page_number(request, "page", 1000000, 1),
	            page_number(request, "per_page", 100, 30));
}

const char *request_subject(const struct request *request)
{
	return strncmp(request->uri, "/api/3/", 7) == 0 ? request->uri + 6 : request->uri;
}
