/* SPDX-License-Identifier: MIT */
/* accesskey - api_access_key() and api_set_access_key() of api.h: the one public key that
 * the API keeps for a user. */
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "cloud66/api.h"

enum { LINE_MAX_LEN = 16 * 1024 };

static const char path[] = "/ssh_keys/access";

/* "ssh-ed25519 AAAA... comment", and not the base64 of it */
static bool is_line(const char *text)
{
	return strchr(text, ' ') != NULL && strlen(text) <= LINE_MAX_LEN;
}

/* It is not documented whether the answer is the line, or base64 of it as in the request.
 */
static int on_key(const struct json *content, void *cookie, struct error *err)
{
	struct strbuf *line = cookie;
	const char *text = json_text(content, "public_key");
	struct strbuf decoded = STRBUF_INIT;

	if (json_kind(content) != JSON_OBJECT)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the API's answer holds no public key");
	if (text == NULL || text[strspn(text, " \r\n")] == '\0')
		return 0;
	if (!is_line(text) && base64_decode(text, strcspn(text, "\r\n"), &decoded) &&
	    strlen(decoded.data) == decoded.len)
		text = decoded.data;
	strbuf_add(line, text, strcspn(text, "\r\n"));
	strbuf_release(&decoded);
	return 0;
}

int api_access_key(struct api *api, struct strbuf *line, struct deadline until,
                   struct error *err)
{
	struct api_object key = { .path = path, .each = on_key, .cookie = line };

	if (api_call(api, &key, until, err) == 0)
		return line->len > 0 ? API_KEY_GIVEN : API_KEY_NONE;
	if (err->code != ERROR_NO_HOST)
		return -1;
	err->code = ERROR_NONE; /* 404: none was uploaded yet */
	return API_KEY_NONE;
}

static int ignore_answer(const struct json *content, void *cookie, struct error *err)
{
	(void)content;
	(void)cookie;
	(void)err;
	return 0;
}

int api_set_access_key(struct api *api, const char *line, struct deadline until,
                       struct error *err)
{
	struct json *body = json_new_object();
	struct strbuf base64 = STRBUF_INIT;
	struct strbuf text = STRBUF_INIT;
	int rc;

	base64_encode((const unsigned char *)line, strlen(line), &base64);
	json_put_text(body, "public_key", base64.data);
	json_write(body, false, &text);
	rc = api_call(api,
	              &(struct api_object){
			      .path = path, .body = text.data, .each = ignore_answer },
	              until, err);
	json_free(body);
	strbuf_release(&base64);
	strbuf_release(&text);
	return rc;
}
