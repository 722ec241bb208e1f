/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "base/utf8.h"

enum { DEPTH_MAX = 16 };

/* Bytes that json-c 0.16 allocates for each, measured: an object's table holds 16
 * members, and each one after them takes 200. */
enum { OBJECT_WEIGHT = 800, ARRAY_WEIGHT = 160, MEMBER_WEIGHT = 200 };

/* struct json is json-c's object under a name of this module. */
static struct json_object *inner(const struct json *part)
{
	return (struct json_object *)part;
}

size_t json_weight(const char *text, size_t len)
{
	static const uint16_t weights[UCHAR_MAX + 1] = {
		['{'] = OBJECT_WEIGHT,
		['['] = ARRAY_WEIGHT,
		[','] = MEMBER_WEIGHT,
	};
	size_t weight = len;

	for (size_t i = 0; i < len; i++)
		weight += weights[(unsigned char)text[i]];
	return weight;
}

static bool is_ascii(const char *text, size_t len)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t eight;
	size_t i;

	for (i = 0; i + sizeof(eight) <= len; i += sizeof(eight)) {
		memcpy(&eight, text + i, sizeof(eight));
		if ((eight & high) != 0)
			return false;
	}
	while (i < len && (unsigned char)text[i] < 0x80)
		i++;
	return i == len;
}

static void add_escape(struct strbuf *out, long point)
{
	if (point < 0x10000)
		strbuf_addf(out, "\\u%04lx", point);
	else
		strbuf_addf(out, "\\u%04lx\\u%04lx", 0xd7c0 + (point >> 10),
		            0xdc00 + (point & 0x3ff));
}

enum { QUOTE = 0x22, LONG_NUMBER = 19 /* digits: shorter ones fit into 64 bits */ };

/* Is there a row of so many digits?  One has a digit at a multiple of its length. */
static bool has_long_number(const char *text, size_t len)
{
	for (size_t at = LONG_NUMBER - 1; at < len; at += LONG_NUMBER) {
		size_t from = at;
		size_t to = at;

		while (to < len && isdigit((unsigned char)text[to]))
			to++;
		while (to > at && from > 0 && isdigit((unsigned char)text[from - 1]))
			from--;
		if (to - from >= LONG_NUMBER)
			return true;
	}
	return false;
}

static size_t number_length(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != '\0' && strchr("+-.0123456789eE", text[n]) != NULL)
		n++;
	return n;
}

/* Is it an integer that 64 bits do not hold? */
static bool is_too_large(const char *number, size_t len)
{
	char *copy;
	bool too_large;

	if (len < LONG_NUMBER || memchr(number, '.', len) != NULL ||
	    memchr(number, 'e', len) != NULL || memchr(number, 'E', len) != NULL)
		return false;
	copy = xstrndup(number, len);
	errno = 0;
	if (copy[0] == '-')
		(void)strtoll(copy, NULL, 10);
	else
		(void)strtoull(copy, NULL, 10);
	too_large = errno == ERANGE;
	free(copy);
	return too_large;
}

/*
 * Copy text for json-c 0.18, which refuses two things when it is strict: bytes above 0x7f
 * in strings, here \uXXXX, and integers of more than 64 bits, here with an exponent.
 * False for text that is not UTF-8, and for a character beyond ASCII after a backslash,
 * which no escape has.
 */
static bool to_ascii(const char *text, size_t len, struct strbuf *out)
{
	const unsigned char *bytes = (const unsigned char *)text;
	bool escaped = false;
	bool quoted = false;
	size_t start = 0;

	/* Most documents are. */
	if (is_ascii(text, len) && !has_long_number(text, len)) {
		strbuf_add(out, text, len);
		return true;
	}
	for (size_t i = 0; i < len;) {
		size_t n = 1;

		if (bytes[i] >= 0x80) {
			long point = utf8_decode(bytes + i, len - i, &n);

			if (point == -1 || escaped)
				return false;
			strbuf_add(out, text + start, i - start);
			add_escape(out, point);
			start = i + n;
		} else if (!quoted && (bytes[i] == '-' || isdigit(bytes[i]))) {
			n = number_length(text + i, len - i);
			if (is_too_large(text + i, n)) {
				strbuf_add(out, text + start, i + n - start);
				strbuf_adds(out, "e0");
				start = i + n;
			}
		}
		if (bytes[i] == QUOTE && !escaped)
			quoted = !quoted;
		escaped = bytes[i] == '\\' && !escaped;
		i += n;
	}
	strbuf_add(out, text + start, len - start);
	return true;
}

static struct json_object *parse_ascii(struct json_tokener *tok,
                                       const struct strbuf *text, struct error *err)
{
	/* With the final NUL: without it json-c waits for more digits of a number. */
	struct json_object *doc =
		json_tokener_parse_ex(tok, text->data, (int)text->len + 1);
	enum json_tokener_error failure = json_tokener_get_error(tok);

	if (doc != NULL && failure == json_tokener_success &&
	    json_tokener_get_parse_end(tok) == text->len)
		return doc;
	error_set(err, ERROR_UNAVAILABLE, "not a JSON document: %s",
	          failure == json_tokener_success ? "null, or more than one" :
	                                            json_tokener_error_desc(failure));
	json_object_put(doc);
	return NULL;
}

struct json *json_parse(const char *text, size_t len, struct error *err)
{
	size_t mark = utf8_mark(text, len); /* RFC 8259, 8.1 */
	struct strbuf ascii = STRBUF_SECRET;
	struct json_object *doc = NULL;
	struct json_tokener *tok;

	text += mark;
	len -= mark;
	if (json_weight(text, len) > JSON_WEIGHT_MAX) {
		error_set(err, ERROR_UNAVAILABLE, "not a JSON document: too large");
		return NULL;
	}
	tok = json_tokener_new_ex(DEPTH_MAX);
	if (tok == NULL)
		mem_exhausted();
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	if (to_ascii(text, len, &ascii))
		doc = parse_ascii(tok, &ascii, err);
	else
		error_set(err, ERROR_UNAVAILABLE, "not a JSON document: not UTF-8");
	json_tokener_free(tok);
	strbuf_release(&ascii);
	return (struct json *)doc;
}

/*
 * A document may hold a token or a key, and json-c wipes nothing.  A string can be wiped
 * in place; the parser's own buffer is out of reach.  Recursion is limited by DEPTH_MAX.
 */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void wipe(struct json_object *part)
{
	switch (json_object_get_type(part)) {
	case json_type_string:
		mem_wipe((void *)json_object_get_string(part),
		         (size_t)json_object_get_string_len(part));
		break;
	case json_type_array:
		for (size_t i = json_object_array_length(part); i-- > 0;)
			wipe(json_object_array_get_idx(part, i));
		break;
	case json_type_object: {
		json_object_object_foreach(part, key, value)
		{
			(void)key;
			wipe(value);
		}
		break;
	}
	default: break;
	}
}

void json_free(struct json *doc)
{
	wipe(inner(doc));
	json_object_put(inner(doc));
}

int json_get_array(const struct json *obj, const char *key, const struct json **value,
                   struct error *err)
{
	*value = json_member(obj, key);
	if (*value == NULL)
		return error_set(err, ERROR_UNAVAILABLE, "\"%s\" is missing", key);
	if (json_kind(*value) != JSON_ARRAY)
		return error_set(err, ERROR_UNAVAILABLE, "\"%s\" is not a list", key);
	return 0;
}

size_t json_count(const struct json *array)
{
	return json_kind(array) == JSON_ARRAY ? json_object_array_length(inner(array)) :
	                                        0;
}

const struct json *json_at(const struct json *array, size_t index)
{
	return (const struct json *)json_object_array_get_idx(inner(array), index);
}

const struct json *json_member(const struct json *obj, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(inner(obj), json_type_object))
		return NULL;
	(void)json_object_object_get_ex(inner(obj), key, &value);
	return (const struct json *)value;
}

const char *json_string(const struct json *part)
{
	const char *str;

	if (!json_object_is_type(inner(part), json_type_string))
		return NULL;
	str = json_object_get_string(inner(part));
	if (strlen(str) != (size_t)json_object_get_string_len(inner(part)))
		return NULL;
	return str;
}

const char *json_text(const struct json *obj, const char *key)
{
	return json_string(json_member(obj, key));
}

const char *json_some_text(const struct json *obj, const char *key)
{
	const char *text = json_text(obj, key);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* 2.0 is 2: some encoders write every number so. */
static bool whole(double number, int64_t *value)
{
	const double most = 9007199254740992.0; /* 2^53: above it not every one exists */

	if (!(number >= -most && number <= most))
		return false;
	if ((double)(int64_t)number != number)
		return false;
	*value = (int64_t)number;
	return true;
}

bool json_number(const struct json *obj, const char *key, int64_t *value)
{
	const struct json *part = json_member(obj, key);
	struct error ignored = ERROR_INIT;
	const char *text;

	if (json_object_is_type(inner(part), json_type_int)) {
		*value = json_object_get_int64(inner(part));
		return true;
	}
	if (json_object_is_type(inner(part), json_type_double))
		return whole(json_object_get_double(inner(part)), value);
	text = json_string(part);
	return text != NULL &&
	       parse_int(text, INT64_MIN, INT64_MAX, value, &ignored) == 0;
}

int json_tristate(const struct json *obj, const char *key)
{
	const struct json *part = json_member(obj, key);
	const char *text = json_string(part);
	int64_t value;

	if (json_kind(part) == JSON_BOOL)
		return json_object_get_boolean(inner(part));
	if (json_number(obj, key, &value))
		return value != 0;
	if (text == NULL)
		return json_kind(part) == JSON_NULL ? 0 : -1;
	if (strcasecmp(text, "true") == 0)
		return 1;
	return text[0] == '\0' || strcasecmp(text, "false") == 0 ? 0 : -1;
}

bool json_flag(const struct json *obj, const char *key)
{
	return json_tristate(obj, key) == 1;
}

enum json_kind json_kind(const struct json *part)
{
	switch (json_object_get_type(inner(part))) {
	case json_type_null: return JSON_NULL;
	case json_type_boolean: return JSON_BOOL;
	case json_type_int: return JSON_INT;
	case json_type_string: return JSON_STRING;
	case json_type_array: return JSON_ARRAY;
	case json_type_object: return JSON_OBJECT;
	default: return JSON_OTHER;
	}
}

/* json-c returns NULL only when memory is exhausted. */
static struct json_object *made(struct json_object *obj)
{
	if (obj == NULL)
		mem_exhausted();
	return obj;
}

struct json *json_new_object(void)
{
	return (struct json *)made(json_object_new_object());
}

struct json *json_new_array(void)
{
	return (struct json *)made(json_object_new_array());
}

void json_put(struct json *obj, const char *key, struct json *value)
{
	if (json_object_object_add(inner(obj), key, inner(value)) != 0)
		mem_exhausted();
}

void json_remove(struct json *obj, const char *key)
{
	json_object_object_del(inner(obj), key);
}

void json_put_text(struct json *obj, const char *key, const char *text)
{
	json_put(obj, key,
	         text == NULL ? NULL : (struct json *)made(json_object_new_string(text)));
}

void json_put_int(struct json *obj, const char *key, int64_t value)
{
	json_put(obj, key, (struct json *)made(json_object_new_int64(value)));
}

void json_put_flag(struct json *obj, const char *key, bool value)
{
	json_put(obj, key, (struct json *)made(json_object_new_boolean(value)));
}

void json_push(struct json *array, struct json *value)
{
	if (json_object_array_add(inner(array), inner(value)) != 0)
		mem_exhausted();
}

void json_push_text(struct json *array, const char *text)
{
	json_push(array, (struct json *)made(json_object_new_string(text)));
}

void json_write(const struct json *doc, bool pretty, struct strbuf *out)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
	            (pretty ? JSON_C_TO_STRING_PRETTY : JSON_C_TO_STRING_PLAIN);

	const char *text = json_object_to_json_string_ext(inner(doc), flags);

	strbuf_adds(out, text);
	mem_wipe((void *)text, strlen(text)); /* json-c's buffer, made anew each time */
}

int json_each(const struct json *obj, json_member_fn *each, void *cookie,
              struct error *err)
{
	if (!json_object_is_type(inner(obj), json_type_object))
		return error_set(err, ERROR_UNAVAILABLE, "expected an object");
	json_object_object_foreach(inner(obj), key, value)
	{
		if (each(key, (const struct json *)value, cookie, err) == -1)
			return -1;
	}
	return 0;
}

const char *json_version(void)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "json-c/%s", json_c_version());
	return text;
}
