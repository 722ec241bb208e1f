/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "sshconfig/template.h"
#include "tap.h"

static const struct template_value values[] = {
	{ "alias", "myapp-lion" }, { "identity", NULL }, { "user", "" },
	{ "proxy", "/usr/bin/p" }, { "target", "1f2e" },
};

static const struct {
	const char *text, *out; /* out NULL: refused ... */
	const char *complaint;  /* ... with this */
} cases[] = {
	{ "", "", NULL },
	{ "Host {{alias}}\n", "Host myapp-lion\n", NULL },
	{ "Host {{alias}}", "Host myapp-lion\n", NULL },
	{ "Host {{alias}}\r\n  Port 22\r\n", "Host myapp-lion\n  Port 22\n", NULL },
	{ "\n# as it is\n\n", "\n# as it is\n\n", NULL },
	{ "## not written {{unknown}\nx\n", "x\n", NULL },
	{ "  P {{proxy}} {{target}} %p\n", "  P /usr/bin/p 1f2e %p\n", NULL },
	{ "{{alias}}{{alias}}\n", "myapp-lionmyapp-lion\n", NULL },
	{ "a\n  I {{identity}}\nb\n", "a\nb\n", NULL },
	{ "  U {{user}}\n", "", NULL },
	{ "  X {{identity}}{{user}}\n", "", NULL },
	{ "  X {{identity}} {{alias}}\n", "  X  myapp-lion\n", NULL },
	{ "  {{?identity}}IdentitiesOnly yes\n", "", NULL },
	{ "  {{?alias}}IdentitiesOnly yes\n", "  IdentitiesOnly yes\n", NULL },
	{ "  {{?alias}}{{?user}}x\n", "", NULL },
	{ "  {{?alias}}U {{identity}}\n", "", NULL },
	{ "{ {x} }} }\n", "{ {x} }} }\n", NULL },
	{ "x\nHost {{alia}}\n", NULL,
	  "t.conf:2: no placeholder {{alia}}; the nearest is {{alias}}" },
	{ "{{?identty}}x\n", NULL,
	  "t.conf:1: no placeholder {{identty}}; the nearest is {{identity}}" },
	{ "  {{?identity}}x {{nope}}\n", NULL, "t.conf:1: no placeholder {{nope}}" },
	{ "{{}}\n", NULL, "t.conf:1: no placeholder {{}}" },
	{ "{{ alias }}\n", NULL, "t.conf:1: no placeholder {{ alias }}" },
	{ "Host {{alias\n}}\n", NULL, "t.conf:1: a placeholder has no }}" },
	{ "a\nb\nx {{\n", NULL, "t.conf:3: a placeholder has no }}" },
	{ "caf\xc3\xa9\n", NULL, "t.conf:1: not plain ASCII text" },
	{ "a\rb\n", NULL, "t.conf:1: not plain ASCII text" },
};

static const struct {
	const char *value;
	bool good;
} hostile[] = {
	{ "~/.ssh/cx_0a1b_pkey", true },
	{ "user@host:22,x=y+z", true },
	{ "a b", false },
	{ "a\nHost *", false },
	{ "a\tb", false },
	{ "a\"b", false },
	{ "a'b", false },
	{ "%h", false },
	{ "a#b", false },
	{ "a\\b", false },
	{ "$(id)", false },
	{ "`id`", false },
	{ "a;b", false },
	{ "a|b", false },
	{ "a&b", false },
	{ "a>b", false },
	{ "a*", false },
	{ "{{alias}}", false },
	{ "\x7f", false },
	{ "\xc3\xa9", false },
};

static int render(const char *text, const struct template_value *with, size_t count,
                  struct strbuf *out, struct error *err)
{
	struct template *t = template_new("t.conf", text, strlen(text));
	int rc = template_render(t, with, count, out, err);

	template_free(t);
	return rc;
}

static void test_values(void)
{
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct template_value value = { "x", hostile[i].value };
		struct strbuf out = STRBUF_INIT;
		struct error err = ERROR_INIT;
		int rc = render("{{x}}\n", &value, 1, &out, &err);

		if (hostile[i].good)
			ok(rc == 0, "the value %s may be written", hostile[i].value);
		else
			ok(rc == -1 && err.code == ERROR_CONFIG &&
			           strstr(err.text, "t.conf:1: the value of {{x}}") !=
			                   NULL &&
			           strstr(err.text, hostile[i].value) == NULL,
			   "hostile value %zu is refused, and not shown", i);
		strbuf_release(&out);
	}
}

static void test_line_length(size_t len, int want)
{
	char *text = xcalloc(len + 1, 1);
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;

	memset(text, 'x', len);
	ok(render(text, NULL, 0, &out, &err) == want, "a line of %zu bytes %s", len,
	   want == 0 ? "is taken" : "is refused");
	strbuf_release(&out);
	free(text);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf out = STRBUF_INIT;
		struct error err = ERROR_INIT;
		int rc = render(cases[i].text, values, sizeof(values) / sizeof(values[0]),
		                &out, &err);

		if (cases[i].out != NULL && ok(rc == 0, "case %zu is rendered", i))
			is_str(out.data, cases[i].out, "case %zu comes out right", i);
		if (cases[i].out == NULL)
			ok(rc == -1 && err.code == ERROR_CONFIG &&
			           strstr(err.text, cases[i].complaint) == err.text,
			   "case %zu is refused: %s", i, err.text);
		strbuf_release(&out);
	}
	test_values();
	test_line_length(999, 0);
	test_line_length(1000, -1);
	template_free(NULL);
	return done_testing();
}
