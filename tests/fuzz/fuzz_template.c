/* SPDX-License-Identifier: MIT */
/*
 * A template with values: what comes out is lines that ssh can read, and no value of more
 * than a word gets into them.
 *
 * Input: the template, then the values of its placeholders.
 */

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fuzz.h"
#include "sshconfig/template.h"

static const char *const names[] = { "alias", "user", "port", "identity", "proxy" };

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static void check_lines(const struct strbuf *out)
{
	size_t length = 0;

	for (size_t i = 0; i < out->len; i++) {
		char c = out->data[i];

		require(c == '\n' || c == '\t' || (c >= ' ' && c <= '~'));
		length = c == '\n' ? 0 : length + 1;
		require(length < 1000);
	}
	require(out->len == 0 || length == 0);
}

/* In a harmless template, what the values bring in is harmless, too. */
static void check_values(const struct template_value values[])
{
	static const char text[] =
		"{{alias}}\n{{user}}\n{{port}}\n{{identity}}\n{{proxy}}\n";
	struct template *t = template_new("x", text, sizeof(text) - 1);
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int rc = template_render(t, values, NAMES, &out, &err);
	size_t lines = 0;
	size_t set = 0;

	for (size_t i = 0; i < out.len; i++)
		lines += out.data[i] == '\n';
	for (size_t i = 0; i < NAMES; i++)
		set += values[i].text[0] != '\0';
	require(rc == -1 || lines == set);
	require(rc == -1 || strpbrk(out.data, " \t\r\"'`\\$%&;|<>(){}[]*?!#^") == NULL);
	strbuf_release(&out);
	template_free(t);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts = { data, size };
	struct template_value values[NAMES];
	struct strbuf out = STRBUF_INIT;
	struct error err = ERROR_INIT;
	const uint8_t *text = NULL;
	struct template *t;
	char *given[NAMES];
	size_t len = 0;

	(void)fuzz_part(&parts, &text, &len);
	for (size_t i = 0; i < NAMES; i++) {
		given[i] = fuzz_text(&parts);
		values[i] = (struct template_value){ names[i], given[i] };
	}
	t = template_new("x", (const char *)text, len);
	if (template_render(t, values, NAMES, &out, &err) == 0)
		check_lines(&out);
	else
		require(err.code == ERROR_CONFIG && fuzz_is_printable(err.text));
	check_values(values);
	template_free(t);
	strbuf_release(&out);
	for (size_t i = 0; i < NAMES; i++)
		free(given[i]);
}
