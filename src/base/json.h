/* SPDX-License-Identifier: MIT */
/*
 * json.h - read a JSON document with every assumption checked.
 *
 * The only room that knows json-c.  A getter that cannot give exactly what was
 * asked for says which key was wrong and how; there are no defaults here.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct json; /* a document, or a part of one */

/*
 * At most so many bytes of memory the document in text would take; what stands in its
 * strings may count as more.  An empty object of two bytes takes 800, so what is no
 * large text may be a large document.
 */
size_t json_weight(const char *text, size_t len);
/* Forty thousand servers, with all that the API says of them. */
enum { JSON_WEIGHT_MAX = 400 * 1000 * 1000 };

/* Parse all of text, unless it weighs too much.  The caller frees the result with
 * json_free(). */
struct json *json_parse(const char *text, size_t len, struct error *err);
void json_free(struct json *doc); /* NULL is allowed */

/* Results are borrowed from obj and live as long as the document. */
int json_get_string(const struct json *obj, const char *key, const char **value,
                    struct error *err);
int json_get_int(const struct json *obj, const char *key, int64_t min, int64_t max,
                 int64_t *value, struct error *err);
int json_get_array(const struct json *obj, const char *key, const struct json **value,
                   struct error *err);

/*
 * The same for what an API may leave out: no error, but the answer "not there"
 * for a missing key, null, or another type.  Numbers may come as strings of
 * digits and the other way round (facts/cloud66.md 5.10).
 */
const char *json_text(const struct json *obj, const char *key); /* or NULL */
bool json_number(const struct json *obj, const char *key, int64_t *value);
bool json_flag(const struct json *obj, const char *key); /* false unless true */
const struct json *json_member(const struct json *obj, const char *key); /* or NULL */

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_INT,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
	JSON_OTHER
};
enum json_kind json_kind(const struct json *part);

/* An array's own text items: the text, or NULL where it is none or holds a NUL. */
const char *json_string(const struct json *part);

/*
 * Building a document.  A new object or array is freed with json_free(), unless
 * it was put into another, which then owns it.  text may be NULL: null.
 */
struct json *json_new_object(void);
struct json *json_new_array(void);
void json_put_text(struct json *obj, const char *key, const char *text);
void json_put_int(struct json *obj, const char *key, int64_t value);
void json_put_flag(struct json *obj, const char *key, bool value);
void json_put(struct json *obj, const char *key, struct json *value); /* takes value */
void json_push(struct json *array, struct json *value);               /* takes value */
void json_push_text(struct json *array, const char *text);

/* Append the document as text; indented where pretty. */
struct strbuf;
void json_write(const struct json *doc, bool pretty, struct strbuf *out);

/* Call each(key, value) for every member of an object. */
typedef int json_member_fn(const char *key, const struct json *value, void *cookie,
                           struct error *err);
int json_each(const struct json *obj, json_member_fn *each, void *cookie,
              struct error *err);

size_t json_count(const struct json *array);
const struct json *json_at(const struct json *array, size_t index);

#endif
