/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/configline.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "base/utf8.h"

struct configline configline_at(const char *text, size_t len)
{
	return (struct configline){ .next = text + utf8_mark(text, len),
		                    .stop = text + len };
}

bool configline_next(struct configline *at)
{
	const char *newline;

	if (at->next == at->stop)
		return false;
	at->line = at->next;
	newline = memchr(at->line, '\n', (size_t)(at->stop - at->line));
	at->next = newline == NULL ? at->stop : newline + 1;
	at->end = newline == NULL ? at->stop : newline;
	if (at->end > at->line && at->end[-1] == '\r')
		at->end--;
	at->number++;
	return true;
}

bool configline_is(const struct configline *at, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(at->end - at->line) == len && memcmp(at->line, text, len) == 0;
}

bool configline_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && configline_is_blank(*p))
		p++;
	return p;
}

/* Push the word at p, with quotes and escapes resolved as ssh does; return its end. */
static const char *take_word(const char *p, const char *end, struct strvec *words)
{
	struct strbuf word = STRBUF_INIT;
	char quote = '\0';

	for (; p < end && (quote != '\0' || !configline_is_blank(*p)); p++) {
		if (*p == '\\' && p + 1 < end && strchr("\"'\\", p[1]) != NULL)
			strbuf_add(&word, ++p, 1);
		else if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else
			strbuf_add(&word, p, 1);
	}
	strvec_push(words, word.data);
	strbuf_release(&word);
	return p;
}

void configline_split(const struct configline *at, struct strvec *words)
{
	const char *p = skip_blanks(at->line, at->end);
	const char *start = p;
	char *keyword;

	while (p < at->end && !configline_is_blank(*p) && *p != '=' && *start != '#')
		p++;
	keyword = xstrndup(start, (size_t)(p - start));
	strvec_push(words, keyword);
	free(keyword);
	p = skip_blanks(p, at->end);
	if (p < at->end && *p == '=')
		p = skip_blanks(p + 1, at->end);
	while (p < at->end && *p != '#')
		p = skip_blanks(take_word(p, at->end, words), at->end);
}
