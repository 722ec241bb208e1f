/* SPDX-License-Identifier: MIT */
/* JSON documents, read by a strict json-c 0.18, which refuses bytes above 0x7f in
 * strings, and integers of more than 64 bits. */

#include <stdlib.h>

#include "../preload/strict_json.c"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tap.h"

static struct json *parsed(const char *text)
{
	struct error err = ERROR_INIT;

	return json_parse(text, strlen(text), &err);
}

#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *what;
	const char *text;
	size_t len;
	bool parses;
} documents[] = {
	{ "an object", TEXT("{\"a\":1}"), true },
	{ "an array", TEXT("[1,2]"), true },
	{ "blanks around it", TEXT(" \r\n{ } \n"), true },
	{ "a byte order mark before it", TEXT("\xef\xbb\xbf{\"a\":1}"), true },
	{ "a byte order mark alone", TEXT("\xef\xbb\xbf"), false },
	{ "two byte order marks", TEXT("\xef\xbb\xbf\xef\xbb\xbf{}"), false },
	{ "UTF-16", TEXT("\xff\xfe{\0}\0"), false },
	{ "nothing", TEXT(""), false },
	{ "blanks only", TEXT("  \n"), false },
	{ "half an object", TEXT("{\"a\":"), false },
	{ "a page of HTML", TEXT("<html><body>502</body></html>"), false },
	{ "two documents", TEXT("{}{}"), false },
	{ "something behind it", TEXT("{} x"), false },
	{ "a comma too many", TEXT("{\"a\":1,}"), false },
	{ "a NUL behind it", TEXT("{}\0"), false },
	{ "a NUL within", TEXT("{\"a\"\0:1}"), false },
	{ "bytes that are no UTF-8", TEXT("{\"a\":\"\xff\xfe\"}"), false },
	{ "a remark", TEXT("{/* x */}"), false },
	{ "null alone", TEXT("null"), false },
	{ "a number alone", TEXT("17"), true },
	{ "a word in UTF-8 outside of a string", TEXT("{\xc3\xa9:1}"), false },
};

static void test_documents(void)
{
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		struct error err = ERROR_INIT;
		char *exact = xcalloc(documents[i].len + 1, 1);
		struct json *doc;

		memcpy(exact, documents[i].text, documents[i].len);
		doc = json_parse(exact, documents[i].len, &err);
		ok((doc != NULL) == documents[i].parses, "%s is %s", documents[i].what,
		   documents[i].parses ? "a document" : "none");
		if (!documents[i].parses)
			ok(err.code == ERROR_UNAVAILABLE &&
			           strncmp(err.text, "not a JSON document: ", 21) == 0,
			   "a text that is no JSON is named so");
		json_free(doc);
		free(exact);
	}
}

/* Each corner of RFC 8259: no version of json-c may refuse one of them. */
static void test_valid(void)
{
	static const char *const valid[] = {
		"[-0]",
		"[-0.0]",
		"[0e1]",
		"[0e+1]",
		"[1E22]",
		"[1E-2]",
		"[-1.5e+3]",
		"[1e400]",
		"[1e-400]",
		"[123123123123123123123123]",
		"[-123123123123123123123123]",
		"[18446744073709551616]",
		"\"\"",
		"false",
		"-0.1",
		"{\"\":0}",
		"{\"a\":1,\"a\":2}",
		"{\"a\\u0000b\":1}",
		"\t{\"a\"\t:\r1 ,\n\"b\":[ ]\r\n}\t",
		"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
		"[\"\\u0000\"]",
		"[\"\\\\u0000\"]",
		"[\"\\u012a\\u12AB\"]",
		"[\"\\uFFFE\\uFFFF\\uFDD0\"]",
		"[\"\\uD834\\udd1e\"]",
		"[\"\\uD834\"]",
		"[\"\\udd1e\\uD834\"]",
		"[\"\\ud800\\n\"]",
		"[\"\\ud800\xc3\xa9\"]",
		"[\"\x7f\"]",
		"[\"\xe2\x80\xa8\"]",
		"[\"\xef\xbf\xbf\"]",
		"[\"\\\\\xc3\xa9\"]",
		"[\"a/*b*/c//d\"]",
		"{\"min\":-1.0e+28,\"max\":1.0e+28}",
	};

	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
		struct json *doc = parsed(valid[i]);

		ok(doc != NULL, "a valid document is read, number %zu of the table", i);
		json_free(doc);
	}
}

static void test_utf8(void)
{
	static const struct {
		const char *what;
		const char *text; /* of a string in a document, and as it must come out */
		bool valid;
	} strings[] = {
		{ "two bytes", "Caf\xc3\xa9", true },
		{ "U+0080, the first of two bytes", "\xc2\x80", true },
		{ "three bytes", "\xe2\x82\xac", true },
		{ "U+FFFF, the last of three bytes", "\xef\xbf\xbf", true },
		{ "U+10000, the first of four bytes", "\xf0\x90\x80\x80", true },
		{ "U+10FFFF, the last of all", "\xf4\x8f\xbf\xbf", true },
		{ "a mixture", "M\xc3\xbcller \xf0\x9f\x9a\x80\xc3\xa9", true },
		{ "a character cut short", "\xc3", false },
		{ "a continuation alone", "\xa9", false },
		{ "a slash in two bytes", "\xc0\xaf", false },
		{ "a surrogate", "\xed\xa0\x80", false },
		{ "U+110000", "\xf4\x90\x80\x80", false },
		{ "five bytes", "\xf8\x88\x80\x80\x80", false },
		{ "a backslash before it", "\\\xc3\xa9", false },
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		char *text =
			xasprintf("{\"a\\\\\":1,\"\xc3\xa9\":\"%s\"}", strings[i].text);
		struct json *doc = parsed(text);
		const char *member = doc == NULL ? NULL : json_text(doc, "\xc3\xa9");

		if (strings[i].valid)
			is_str(member, strings[i].text, "a string keeps its UTF-8: %s",
			       strings[i].what);
		else
			ok(doc == NULL, "a string that is not UTF-8 is refused: %s",
			   strings[i].what);
		json_free(doc);
		free(text);
	}
}

static void test_kinds(void)
{
	static const struct {
		const char *text; /* of the value */
		bool flag;
		int64_t number; /* -1: none */
	} values[] = {
		{ "true", true, -1 },
		{ "false", false, -1 },
		{ "null", false, -1 },
		{ "\"true\"", true, -1 },
		{ "\"True\"", true, -1 },
		{ "\"false\"", false, -1 },
		{ "\"\"", false, -1 },
		{ "1", true, 1 },
		{ "0", false, 0 },
		{ "\"1\"", true, 1 },
		{ "\"0\"", false, 0 },
		{ "2.0", true, 2 },
		{ "2.5", false, -1 },
		{ "0.0", false, 0 },
		{ "1e3", true, 1000 },
		{ "1e300", false, -1 },
		{ "9223372036854775807", true, 9223372036854775807 },
		{ "123123123123123123123123", false, -1 },
		{ "9007199254740992.0", true, 9007199254740992 },
		{ "9007199254740994.0", false, -1 },
		{ "[]", false, -1 },
		{ "{}", false, -1 },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char *text = xasprintf("{\"a\":%s}", values[i].text);
		struct json *doc = parsed(text);
		int64_t number = -1;

		ok(json_flag(doc, "a") == values[i].flag, "%s is %s as a flag",
		   values[i].text, values[i].flag ? "true" : "false");
		ok(json_number(doc, "a", &number) == (values[i].number != -1) &&
		           number == values[i].number,
		   "%s is %s as a number", values[i].text,
		   values[i].number == -1 ? "none" : "one");
		json_free(doc);
		free(text);
	}
}

static void test_deep(void)
{
	enum { DEEP = 10000 };
	struct error err = ERROR_INIT;
	char *text = xcalloc(2 * DEEP + 1, 1);
	struct json *doc;

	memset(text, '[', DEEP);
	memset(text + DEEP, ']', DEEP);
	doc = json_parse(text, 2 * DEEP, &err);
	ok(doc == NULL && strcmp(err.text, "not a JSON document: nesting too deep") == 0,
	   "ten thousand brackets are refused: %s", err.text);
	json_free(doc);
	free(text);
	doc = parsed("[[[[[[[[{\"a\":[1]}]]]]]]]]");
	ok(doc != NULL, "ten brackets are accepted");
	json_free(doc);
}

/* Small to read, large in memory. */
static void test_heavy(void)
{
	enum { MANY = 1000 * 1000 };
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct json *doc;

	strbuf_adds(&text, "[");
	for (int i = 0; i < MANY; i++)
		strbuf_adds(&text, "{},");
	strbuf_adds(&text, "1]");
	ok(json_weight(text.data, text.len) > (size_t)MANY * 800,
	   "a million empty objects have a large weight");
	doc = json_parse(text.data, text.len, &err);
	ok(doc == NULL && strcmp(err.text, "not a JSON document: too large") == 0,
	   "a million empty objects are refused: %s", err.text);
	json_free(doc);
	strbuf_clear(&text);
	strbuf_adds(&text, "[\"");
	for (int i = 0; i < MANY; i++)
		strbuf_adds(&text, "0123456789");
	strbuf_adds(&text, "\"]");
	doc = json_parse(text.data, text.len, &err);
	ok(doc != NULL, "a long string is accepted");
	json_free(doc);
	strbuf_release(&text);
}

static const char values[] =
	"{\"text\":\"lion\",\"empty\":\"\",\"nul\":\"a\\u0000b\",\"int\":42,\"neg\":-1,"
	"\"digits\":\"17\",\"badnum\":\"17x\",\"float\":1.5,\"big\":18446744073709551615,"
	"\"yes\":true,\"no\":false,\"null\":null,\"list\":[\"a\",1,null,\"b\\u0000\"],"
	"\"object\":{\"x\":\"y\"},\"twice\":1,\"twice\":2}";

static const struct {
	const char *key;
	const char *text; /* json_text, NULL: not there */
	bool number;      /* json_number */
	int64_t value;
	bool flag; /* json_flag */
	enum json_kind kind;
} members[] = {
	{ "text", "lion", false, 0, false, JSON_STRING },
	{ "empty", "", false, 0, false, JSON_STRING },
	{ "nul", NULL, false, 0, false, JSON_STRING },
	{ "int", NULL, true, 42, true, JSON_INT },
	{ "neg", NULL, true, -1, true, JSON_INT },
	{ "digits", "17", true, 17, true, JSON_STRING },
	{ "badnum", "17x", false, 0, false, JSON_STRING },
	{ "float", NULL, false, 0, false, JSON_OTHER },
	{ "big", NULL, true, INT64_MAX, true, JSON_INT },
	{ "yes", NULL, false, 0, true, JSON_BOOL },
	{ "no", NULL, false, 0, false, JSON_BOOL },
	{ "null", NULL, false, 0, false, JSON_NULL },
	{ "list", NULL, false, 0, false, JSON_ARRAY },
	{ "object", NULL, false, 0, false, JSON_OBJECT },
	{ "twice", NULL, true, 2, true, JSON_INT },
	{ "absent", NULL, false, 0, false, JSON_NULL },
};

static void test_members(void)
{
	struct json *doc = parsed(values);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *key = members[i].key;
		const char *text = json_text(doc, key);
		int64_t value = 0;

		ok((text == NULL) == (members[i].text == NULL) &&
		           (text == NULL || strcmp(text, members[i].text) == 0),
		   "%s as text", key);
		ok(json_some_text(doc, key) ==
		           (text != NULL && text[0] != '\0' ? text : NULL),
		   "%s as text that is not empty", key);
		ok(json_number(doc, key, &value) == members[i].number &&
		           value == members[i].value,
		   "%s as a number", key);
		ok(json_flag(doc, key) == members[i].flag, "%s as a flag", key);
		ok(json_kind(json_member(doc, key)) == members[i].kind, "the kind of %s",
		   key);
	}
	json_free(doc);
}

static const struct {
	const char *text;
	int wanted; /* json_tristate */
} tristates[] = {
	{ "{\"x\":true}", 1 },
	{ "{\"x\":1}", 1 },
	{ "{\"x\":-1}", 1 },
	{ "{\"x\":\"1\"}", 1 },
	{ "{\"x\":\"true\"}", 1 },
	{ "{\"x\":\"True\"}", 1 },
	{ "{\"x\":false}", 0 },
	{ "{\"x\":0}", 0 },
	{ "{\"x\":null}", 0 },
	{ "{\"x\":\"0\"}", 0 },
	{ "{\"x\":\"\"}", 0 },
	{ "{\"x\":\"FALSE\"}", 0 },
	{ "{}", 0 },
	{ "{\"x\":\"yes\"}", -1 },
	{ "{\"x\":\"no\"}", -1 },
	{ "{\"x\":1.5}", -1 },
	{ "{\"x\":[]}", -1 },
	{ "{\"x\":{}}", -1 },
	{ "{\"x\":\"true \"}", -1 },
	{ "{\"x\":\"1\\u0000\"}", -1 },
};

static void test_tristates(void)
{
	for (size_t i = 0; i < sizeof(tristates) / sizeof(tristates[0]); i++) {
		struct json *doc = parsed(tristates[i].text);

		ok(json_tristate(doc, "x") == tristates[i].wanted &&
		           json_flag(doc, "x") == (tristates[i].wanted == 1),
		   "%s as one of true, false and unclear", tristates[i].text);
		json_free(doc);
	}
}

static void test_strict(void)
{
	struct error err = ERROR_INIT;
	struct json *doc = parsed(values);
	const struct json *list = NULL;
	int64_t value = 0;

	ok(json_get_array(doc, "list", &list, &err) == 0 && json_count(list) == 4,
	   "a list is read");
	ok(json_count(doc) == 0 && json_count(NULL) == 0, "what is no list has no items");
	is_str(json_string(json_at(list, 0)), "a", "the first item of a list is read");
	ok(json_string(json_at(list, 1)) == NULL &&
	           json_string(json_at(list, 2)) == NULL &&
	           json_string(json_at(list, 3)) == NULL,
	   "a number, null and a NUL are no text");
	ok(json_at(list, 4) == NULL, "an item behind the end of a list is no text");
	ok(json_get_array(doc, "object", &list, &err) == -1,
	   "an object is refused as a list");
	is_str(err.text, "\"object\" is not a list",
	       "the error names the key and the type");
	ok(json_get_array(doc, "absent", &list, &err) == -1,
	   "a missing key is refused as a list");
	is_str(err.text, "\"absent\" is missing", "the error names the missing key");
	ok(json_text(json_member(doc, "list"), "x") == NULL &&
	           json_member(NULL, "x") == NULL && !json_flag(NULL, "x") &&
	           !json_number(NULL, "x", &value),
	   "a missing value has no text, number and member");
	json_free(doc);
	json_free(NULL);
}

static int collect(const char *key, const struct json *value, void *cookie,
                   struct error *err)
{
	if (strcmp(key, "stop") == 0)
		return error_set(err, ERROR_CONFIG, "stopped");
	strbuf_addf(cookie, "%s=%s;", key,
	            json_string(value) != NULL ? json_string(value) : "?");
	return 0;
}

static void test_each(void)
{
	struct error err = ERROR_INIT;
	struct strbuf out = STRBUF_INIT;
	struct json *doc = parsed("{\"b\":\"1\",\"a\":2,\"stop\":1,\"c\":\"3\"}");
	struct json *list = parsed("[1]");

	ok(json_each(doc, collect, &out, &err) == -1,
	   "a callback of json_each can stop it");
	is_str(err.text, "stopped",
	       "a callback that stops json_each gives the error's text");
	is_str(out.data, "b=1;a=?;", "json_each gives the members in their order");
	ok(json_each(list, collect, &out, &err) == -1, "json_each refuses a list");
	is_str(err.text, "expected an object",
	       "json_each says that it expected an object");
	json_free(doc);
	json_free(list);
	strbuf_release(&out);
}

static void test_round_trip(void)
{
	static const char hostile[] =
		"\"quotes\" \\ /slash\nline\ttab \x01 caf\xc3\xa9 </script>";
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct strbuf pretty = STRBUF_INIT;
	struct json *doc = json_new_object();
	struct json *list = json_new_array();
	struct json *back;
	int64_t value = 0;
	int raw = 0;

	json_put_text(doc, "text", hostile);
	json_put_text(doc, "none", NULL);
	json_put_int(doc, "int", INT64_MIN);
	json_put_flag(doc, "flag", true);
	json_push_text(list, "a");
	json_push(list, json_new_object());
	json_put(doc, "list", list);
	json_write(doc, false, &text);
	json_write(doc, true, &pretty);
	for (size_t i = 0; i < text.len; i++)
		raw += (unsigned char)text.data[i] < ' ';
	ok(raw == 0, "JSON that is written on one line has no control character");
	ok(strstr(text.data, "/slash") != NULL, "a slash is written as it is");
	ok(strchr(pretty.data, '\n') != NULL, "indented JSON is more than one line");
	back = json_parse(text.data, text.len, &err);
	is_str(json_text(back, "text"), hostile, "any text is read as it was written");
	ok(json_kind(json_member(back, "none")) == JSON_NULL,
	   "null is read as it was written");
	ok(json_number(back, "int", &value) && value == INT64_MIN,
	   "the least number is read as it was written");
	ok(json_flag(back, "flag"), "true is read as it was written");
	ok(json_count(json_member(back, "list")) == 2,
	   "a list is read as it was written");
	json_free(back);
	back = json_parse(pretty.data, pretty.len, &err);
	strbuf_clear(&pretty);
	json_write(back, false, &pretty);
	is_str(pretty.data, text.data, "indented JSON has the same content");
	json_free(back);
	json_free(doc);
	strbuf_release(&text);
	strbuf_release(&pretty);
}

int main(void)
{
	test_documents();
	test_valid();
	test_utf8();
	test_kinds();
	test_deep();
	test_heavy();
	test_members();
	test_tristates();
	test_strict();
	test_each();
	test_round_trip();
	return done_testing();
}
