/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "fleet/cxyml.h"

#define BLANKS " \t"

/* Append the text in quotes at *at, which is left behind the closing quote; false where
 * there is none. */
static bool unquote(const char **at, const char *end, struct strbuf *out)
{
	char quote = *(*at)++;

	for (; *at < end; (*at)++) {
		if (**at == quote) {
			(*at)++;
			if (quote != '\'' || *at >= end || **at != quote)
				return true;
		} else if (**at == '\\' && quote == '"' && *at + 1 < end) {
			(*at)++;
		}
		strbuf_add(out, *at, 1);
	}
	return false;
}

/* Plain text ends before " #" and without blanks at its end. */
static void add_plain(const char *at, const char *end, struct strbuf *out)
{
	const char *stop = at;

	for (const char *p = at; p < end; p++) {
		if (*p == '#' && (p == at || strchr(BLANKS, p[-1]) != NULL))
			break;
		if (strchr(BLANKS, *p) == NULL)
			stop = p + 1;
	}
	strbuf_add(out, at, (size_t)(stop - at));
}

/* Read a key or value at *at, and leave *at behind it; false: it is not one text. */
static bool read_text(const char **at, const char *end, bool is_key, struct strbuf *out)
{
	const char *stop = end;

	if (*at < end && (**at == '"' || **at == '\''))
		return unquote(at, end, out);
	if (is_key) {
		stop = memchr(*at, ':', (size_t)(end - *at));
		if (stop == NULL)
			return false;
	}
	add_plain(*at, stop, out);
	*at = stop;
	return true;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && strchr(BLANKS, *at) != NULL)
		at++;
	return at;
}

/* The value of a line "stack: VALUE" into *value; false for any other line. */
static bool read_line(const char *at, const char *end, struct strbuf *value)
{
	struct strbuf key = STRBUF_INIT;
	bool is_stack = read_text(&at, end, true, &key) && key.len == strlen("stack") &&
	                memcmp(key.data, "stack", key.len) == 0;

	strbuf_release(&key);
	at = skip_blanks(at, end);
	if (!is_stack || at == end || *at != ':' ||
	    (at + 1 < end && strchr(BLANKS, at[1]) == NULL))
		return false;
	at = skip_blanks(at + 1, end);
	return read_text(&at, end, false, value);
}

char *cxyml_stack(const char *text)
{
	char *stack = NULL;

	text += utf8_mark(text, strlen(text));
	for (const char *line = text; *line != '\0' && stack == NULL;) {
		size_t len = strcspn(line, "\r\n");
		struct strbuf value = STRBUF_INIT;

		/* What is indented belongs to another key. */
		if (len > 0 && strchr(BLANKS "#", *line) == NULL &&
		    read_line(line, line + len, &value) && value.len > 0 &&
		    strcmp(value.data, "~") != 0 && strcmp(value.data, "null") != 0)
			stack = xstrndup(value.data, value.len);
		strbuf_release(&value);
		line += len + strspn(line + len, "\r\n");
	}
	return stack;
}
