/* SPDX-License-Identifier: MIT */
/* "key = value" lines. */

#include <stdlib.h>

#include "base/error.h"
#include "base/keyvalue.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tap.h"

#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *what;
	const char *text;
	size_t len;
	const char *seen;      /* key:value; and key; without '=' */
	const char *complaint; /* NULL: none */
} files[] = {
	{ "nothing", TEXT(""), "", NULL },
	{ "a line", TEXT("a=b\n"), "a:b;", NULL },
	{ "no last newline", TEXT("a=b"), "a:b;", NULL },
	{ "blanks around", TEXT(" \ta \t= \t b c \t\n"), "a:b c;", NULL },
	{ "a file from Windows", TEXT("a=b\r\n\r\nc=d\r\n"), "a:b;c:d;", NULL },
	{ "an empty value", TEXT("a=\nb =  \n"), "a:;b:;", NULL },
	{ "an empty key", TEXT("=b\n"), ":b;", NULL },
	{ "more than one '='", TEXT("a=b=c\n"), "a:b=c;", NULL },
	{ "no '='", TEXT("word\ntwo words\n"), "word;two words;", NULL },
	{ "blank lines and remarks", TEXT("\n  \n# x=y\n\t# z\na=b\n#"), "a:b;", NULL },
	{ "a '#' in a value", TEXT("a=b # c\n"), "a:b # c;", NULL },
	{ "quotes stay", TEXT("a=\"b\"\n"), "a:\"b\";", NULL },
	{ "a backslash joins nothing", TEXT("a=b\\\nc=d\n"), "a:b\\;c:d;", NULL },
	{ "a named key", TEXT("gateway-key x y = /z\n"), "gateway-key x y:/z;", NULL },
	{ "the same key twice", TEXT("a=1\na=2\n"), "a:1;a:2;", NULL },
	{ "a return within", TEXT("a=b\rc=d\n"), "a:b\rc=d;", NULL },
	{ "letters above ASCII", TEXT("a=caf\xc3\xa9\n"), "a:caf\xc3\xa9;", NULL },
	{ "a NUL in a value", TEXT("a=b\nc=d\0e\nf=g\n"), "a:b;",
	  "line 2: too long, or not text" },
	{ "a NUL in a key", TEXT("\0a=b\n"), "", "line 1: too long, or not text" },
	{ "a NUL in a remark", TEXT("a=b\n#\0\n"), "a:b;",
	  "line 2: too long, or not text" },
	{ "a NUL at the end", TEXT("a=b\0"), "", "line 1: too long, or not text" },
	{ "a callback that says stop", TEXT("a=b\n\n# x\nstop=1\nc=d\n"), "a:b;",
	  "line 4: stopped" },
};

static int collect(const char *key, const char *value, void *cookie, struct error *err)
{
	if (strcmp(key, "stop") == 0)
		return error_set(err, ERROR_CONFIG, "stopped");
	strbuf_addf(cookie, value != NULL ? "%s:%s;" : "%s;", key, value);
	return 0;
}

static void test_files(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct strbuf seen = STRBUF_INIT;
		struct error err = ERROR_INIT;
		char *text = xcalloc(files[i].len + 1, 1);
		int rc;

		memcpy(text, files[i].text, files[i].len);
		rc = keyvalue_each(text, files[i].len, collect, &seen, &err);
		ok(rc == (files[i].complaint == NULL ? 0 : -1) &&
		           (rc == 0 || err.code == ERROR_CONFIG),
		   "%s", files[i].what);
		is_str(seen.data, files[i].seen,
		       "the callback gets the lines of the text");
		is_str(err.text, files[i].complaint != NULL ? files[i].complaint : "",
		       "the error of a text is the expected one");
		strbuf_release(&seen);
		free(text);
	}
}

static void test_long(size_t len, bool allowed)
{
	struct strbuf seen = STRBUF_INIT;
	struct error err = ERROR_INIT;
	char *text = xcalloc(len + 5, 1);

	memset(text, 'x', len);
	text[1] = '=';
	memcpy(text + len, "\na=b", 4);
	ok(keyvalue_each(text, len + 4, collect, &seen, &err) == (allowed ? 0 : -1),
	   "a line of %zu bytes is %s", len, allowed ? "read" : "refused");
	ok(allowed ? seen.len == len + 1 + 4 : seen.len == 0,
	   "a line is given whole or not at all");
	is_str(err.text, allowed ? "" : "line 1: too long, or not text",
	       "the error of a long line is the expected one");
	strbuf_release(&seen);
	free(text);
}

int main(void)
{
	test_files();
	test_long(4096, true);
	test_long(4097, false);
	test_long(1024 * 1024, false);
	return done_testing();
}
