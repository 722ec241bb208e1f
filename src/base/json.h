/* SPDX-License-Identifier: MIT */
/*
 * json.h - read and write JSON documents; the only module that includes json-c.
 * Nothing here blocks.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct json; /* a document, or a part of one */

/*
 * An upper bound, in bytes, of the memory that the document in text would take.  An empty
 * object of two bytes takes 800, so a short text can be a large document.
 */
size_t json_weight(const char *text, size_t len);
/* Enough for 40,000 servers with all their fields. */
enum { JSON_WEIGHT_MAX = 400 * 1000 * 1000 };

/* Parse all of text.  NULL with ERROR_UNAVAILABLE for text that is not JSON, is nested
 * deeper than 16 levels or weighs more than JSON_WEIGHT_MAX.  json_free() wipes the
 * strings and frees. */
struct json *json_parse(const char *text, size_t len, struct error *err);
void json_free(struct json *doc); /* NULL is allowed */

/* The list under key, or -1 with ERROR_UNAVAILABLE.  All results are borrowed and live as
 * long as the document. */
int json_get_array(const struct json *obj, const char *key, const struct json **value,
                   struct error *err);

/*
 * The same for optional members: a missing key, null and a wrong type all count as
 * absent. json_number() also takes a string of digits, because the API sends some so, and
 * a fraction without a rest.
 */
const char *json_text(const struct json *obj, const char *key); /* or NULL */
/* The same where an empty text counts as absent. */
const char *json_some_text(const struct json *obj, const char *key);
bool json_number(const struct json *obj, const char *key, int64_t *value);
bool json_flag(const struct json *obj, const char *key); /* false unless true */
/* 1: true, "true", or a number that is not 0, as text too; 0: false, "false", 0, "" and
 * null; -1: anything else, which json_flag() calls false. */
int json_tristate(const struct json *obj, const char *key);
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

/* The text of a string; NULL for another type, and for text with a NUL in it. */
const char *json_string(const struct json *part);

/*
 * Build a document.  The caller frees a new object or array with json_free(), unless it
 * was put into another one, which then owns it.  A text of NULL becomes null.
 */
struct json *json_new_object(void);
struct json *json_new_array(void);
void json_put_text(struct json *obj, const char *key, const char *text);
void json_put_int(struct json *obj, const char *key, int64_t value);
void json_put_flag(struct json *obj, const char *key, bool value);
void json_put(struct json *obj, const char *key, struct json *value); /* takes value */
void json_remove(struct json *obj, const char *key);    /* missing: nothing */
void json_push(struct json *array, struct json *value); /* takes value */
void json_push_text(struct json *array, const char *text);

/* Append the document as text; indented if pretty. */
struct strbuf;
void json_write(const struct json *doc, bool pretty, struct strbuf *out);

/* Call each(key, value) for every member of an object, until one returns -1. */
typedef int json_member_fn(const char *key, const struct json *value, void *cookie,
                           struct error *err);
int json_each(const struct json *obj, json_member_fn *each, void *cookie,
              struct error *err);

/* 0 for what is no array. */
size_t json_count(const struct json *array);
const struct json *json_at(const struct json *array, size_t index);

/* "json-c VERSION", for --version. */
const char *json_version(void);

#endif
