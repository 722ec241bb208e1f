/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "http/url.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *base;   /* NULL: refused */
	const char *reason; /* part of the complaint */
} bases[] = {
	{ "https://app.cloud66.com", "https://app.cloud66.com", NULL },
	{ "https://app.cloud66.com/", "https://app.cloud66.com", NULL },
	{ "HTTPS://app.cloud66.com//", "https://app.cloud66.com", NULL },
	{ "https://c66.example.org:8443", "https://c66.example.org:8443", NULL },
	{ "https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443", NULL },
	{ "http://127.0.0.1:6680", "http://127.0.0.1:6680", NULL },
	{ "http://127.9.9.9", "http://127.9.9.9", NULL },
	{ "http://localhost:3000/", "http://localhost:3000", NULL },
	{ "http://[::1]:3000", "http://[::1]:3000", NULL },
	{ "http://app.cloud66.com", NULL, "unencrypted" },
	{ "http://127.0.0.1.example.org", NULL, "unencrypted" },
	{ "http://127.evil.example.org", NULL, "unencrypted" },
	{ "http://localhost.example.org", NULL, "unencrypted" },
	{ "http://[2001:db8::1]", NULL, "unencrypted" },
	{ "http://127.0.0.1@evil.example.org", NULL, "https://host" },
	{ "https://user:word@app.cloud66.com", NULL, "https://host" },
	{ "https://app.cloud66.com/path", NULL, "https://host" },
	{ "https://app.cloud66.com?x=1", NULL, "https://host" },
	{ "https://app.cloud66.com#x", NULL, "https://host" },
	{ "https://app.cloud66.com\\@evil", NULL, "https://host" },
	{ "https://app.cloud66.com:0", NULL, "https://host" },
	{ "https://app.cloud66.com:70000", NULL, "https://host" },
	{ "https://app.cloud66.com:", NULL, "https://host" },
	{ "https://[::1", NULL, "https://host" },
	{ "https://[::1]x", NULL, "https://host" },
	{ "https://[127.0.0.1]", NULL, "https://host" },
	{ "https://a\r\nHost: b", NULL, "https://host" },
	{ "https://", NULL, "https://host" },
	{ "https:///", NULL, "https://host" },
	{ "ftp://app.cloud66.com", NULL, "begin with https://" },
	{ "file:///etc/passwd", NULL, "begin with https://" },
	{ "app.cloud66.com", NULL, "begin with https://" },
	{ "", NULL, "begin with https://" },
	{ "\033[2J", NULL, "\"?[2J\"" },
};

static void test_bases(void)
{
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct error err = ERROR_INIT;
		char *base = url_base(bases[i].text, &err);

		if (bases[i].base != NULL) {
			is_str(base != NULL ? base : err.text, bases[i].base,
			       "takes base %zu", i);
		} else {
			ok(base == NULL && err.code == ERROR_CONFIG &&
			           strstr(err.text, bases[i].reason) != NULL,
			   "refuses base %zu: %s", i, err.text);
		}
		free(base);
	}
	is_str(url_host("https://app.cloud66.com:1"), "app.cloud66.com:1",
	       "the host of a URL has its port");
}

static void test_paths(void)
{
	static const char *const good[] = { "/stacks", "/stacks/a-b_9/servers",
		                            "/ping/auth" };
	static const char *const bad[] = { "",           "stacks",    "/a/../b", "//a",
		                           "/a b",       "/a%2fb",    "/a?b",    "/a#b",
		                           "/a\r\nX: y", "/\xc3\xa4", "/a@b" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(url_is_path(good[i]), "url_is_path() takes the path %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!url_is_path(bad[i]), "url_is_path() refuses bad path %zu", i);
	ok(url_is_query("page=1&include_private_key=1"), "a query is taken");
	ok(!url_is_query("a=b c"), "url_is_query() refuses a query with a blank");
	ok(!url_is_query("a=b#c"), "url_is_query() refuses a query with a fragment");
}

static void test_escape(void)
{
	struct strbuf out = STRBUF_INIT;

	url_escape(&out, "aZ9-._~ &=+/\xc3\xa4%");
	is_str(out.data, "aZ9-._~%20%26%3D%2B%2F%C3%A4%25",
	       "characters that are not plain are escaped");
	strbuf_release(&out);
}

int main(void)
{
	test_bases();
	test_paths();
	test_escape();
	return done_testing();
}
