/* SPDX-License-Identifier: MIT */
/* The stack that .cx.yml names, read as YAML has it. */
#include <stdlib.h>

#include "fleet/cxyml.h"
#include "tap.h"

static const struct {
	const char *text, *stack, *what;
} files[] = {
	{ "stack: myapp\n", "myapp", "a plain value" },
	{ "stack: my app\n", "my app", "a value with a blank" },
	{ "stack: myapp", "myapp", "a last line without a newline" },
	{ "stack: myapp # production\n", "myapp", "a comment behind the value" },
	{ "stack: my#app\n", "my#app", "a # inside the value" },
	{ "stack: \"my app\" # x\n", "my app", "a value in double quotes" },
	{ "stack: 'my app'# x\n", "my app", "a value in single quotes" },
	{ "stack: 'it''s # 1'\n", "it's # 1", "a quote inside single quotes" },
	{ "stack: \"a \\\"b\\\" c\"\n", "a \"b\" c", "a quote inside double quotes" },
	{ "stack :   myapp  \r\n", "myapp", "blanks around and CRLF" },
	{ "stack:\tmyapp\n", "myapp", "a tab behind the colon" },
	{ "\xef\xbb\xbfstack: myapp\n", "myapp", "a byte order mark" },
	{ "---\n# x\nother: y\nstack: myapp\n", "myapp", "other lines before it" },
	{ "\"stack\": myapp\n", "myapp", "a key in quotes" },
	{ "stack: http://x:1\n", "http://x:1", "a colon inside the value" },
	{ "a:\n  stack: myapp\n", "", "a nested key is another one" },
	{ "stacks: myapp\n", "", "a longer key is another one" },
	{ "# stack: myapp\n", "", "a comment" },
	{ "stack:myapp\n", "", "no blank behind the colon: no key in YAML" },
	{ "stack:\n", "", "no value" },
	{ "stack: # x\n", "", "only a comment" },
	{ "stack: ''\n", "", "an empty value" },
	{ "stack: ~\n", "", "null" },
	{ "stack: \"myapp\n", "", "an open quote" },
	{ "", "", "an empty file" },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *stack = cxyml_stack(files[i].text);

		is_str(stack != NULL ? stack : "", files[i].stack, "%s", files[i].what);
		free(stack);
	}
	return done_testing();
}
