/* SPDX-License-Identifier: MIT */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/configline.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "base/utf8.h"
#include "sshconfig/include.h"

/* path without empty and "." parts, in place. */
static void squeeze(char *path)
{
	char *to = path;

	for (const char *from = path; *from != '\0';) {
		if (strncmp(from, "//", 2) == 0)
			from++;
		else if (strncmp(from, "/./", 3) == 0)
			from += 2;
		else
			*to++ = *from++;
	}
	*to = '\0';
}

static bool names_target(const char *word, const struct include_target *target)
{
	char *path;
	bool same;

	if (strncmp(word, "~/", 2) == 0)
		path = xasprintf("%s/%s", target->home, word + 2);
	else if (word[0] == '/')
		path = xstrdup(word);
	else
		path = xasprintf("%s/.ssh/%s", target->home, word);
	squeeze(path);
	same = strcmp(path, target->path) == 0 ||
	       fnmatch(path, target->path, FNM_PATHNAME | FNM_PERIOD) == 0;
	free(path);
	return same;
}

/* The state of an Include below this Host or Match line. */
static enum include_state scope_of(const struct strvec *words)
{
	bool all = false;

	if (strcasecmp(words->items[0], "match") == 0)
		return words->count == 2 && strcasecmp(words->items[1], "all") == 0 ?
		               INCLUDE_LATE :
		               INCLUDE_INEFFECTIVE;
	for (size_t i = 1; i < words->count; i++) {
		if (words->items[i][0] == '!')
			return INCLUDE_INEFFECTIVE;
		all = all || strcmp(words->items[i], "*") == 0;
	}
	return all ? INCLUDE_LATE : INCLUDE_INEFFECTIVE;
}

enum include_state include_find(const char *text, size_t len,
                                const struct include_target *target, size_t *line)
{
	enum include_state scope = INCLUDE_EFFECTIVE;
	enum include_state best = INCLUDE_ABSENT;
	struct configline at = configline_at(text, len);

	if (line != NULL)
		*line = 0;
	while (configline_next(&at)) {
		struct strvec words = STRVEC_INIT;
		bool found = false;

		configline_split(&at, &words);
		if (strcasecmp(words.items[0], "host") == 0 ||
		    strcasecmp(words.items[0], "match") == 0)
			scope = scope_of(&words);
		for (size_t i = 1; i < words.count; i++)
			found = found || (strcasecmp(words.items[0], "include") == 0 &&
			                  names_target(words.items[i], target));
		strvec_release(&words);
		if (!found || scope <= best)
			continue;
		best = scope;
		if (line != NULL)
			*line = at.number;
	}
	return best;
}

/* Go to INCLUDE_LINE; false if there is none. */
static bool find_line(struct configline *at)
{
	while (configline_next(at)) {
		if (configline_is(at, INCLUDE_LINE))
			return true;
	}
	return false;
}

bool include_has(const char *text, size_t len)
{
	struct configline at = configline_at(text, len);

	return find_line(&at);
}

/* The line end of the first line. */
static const char *line_end(const char *text, size_t len)
{
	const char *newline = memchr(text, '\n', len);

	return newline != NULL && newline > text && newline[-1] == '\r' ? "\r\n" : "\n";
}

void include_add(const char *text, size_t len, struct strbuf *out)
{
	size_t mark = utf8_mark(text, len);

	strbuf_add(out, text, mark);
	strbuf_addf(out, "%s%s", INCLUDE_LINE, line_end(text, len));
	strbuf_add(out, text + mark, len - mark);
}

/* Append text without the bytes from a to b. */
static void add_without(const char *text, size_t len, const char *a, const char *b,
                        struct strbuf *out)
{
	strbuf_add(out, text, (size_t)(a - text));
	strbuf_add(out, b, (size_t)(text + len - b));
}

void include_remove(const char *text, size_t len, struct strbuf *out)
{
	struct configline at = configline_at(text, len);

	if (find_line(&at))
		add_without(text, len, at.line, at.next, out);
	else
		strbuf_add(out, text, len);
}

/* Find the last pair of lines at the end, from *a to *b. */
static bool find_last(const char *text, size_t len, const char **a, const char **b)
{
	struct configline at = configline_at(text, len);
	const char *host = NULL; /* the line before, if it is INCLUDE_LAST_HOST */
	bool found = false;

	while (configline_next(&at)) {
		if (host != NULL && configline_is(&at, INCLUDE_LAST)) {
			*a = host;
			*b = at.next;
			found = true;
		}
		host = configline_is(&at, INCLUDE_LAST_HOST) ? at.line : NULL;
	}
	return found;
}

bool include_has_last(const char *text, size_t len)
{
	const char *a;
	const char *b;

	return find_last(text, len, &a, &b);
}

/* A text whose last line has no end gets one, and then the last of the added lines has
 * none: include_remove_last() knows it by that. */
void include_add_last(const char *text, size_t len, struct strbuf *out)
{
	bool is_open = len > 0 && text[len - 1] != '\n';
	const char *eol = line_end(text, len);

	strbuf_add(out, text, len);
	strbuf_addf(out, "%s%s%s%s%s", is_open ? "\n" : "", INCLUDE_LAST_HOST, eol,
	            INCLUDE_LAST, is_open ? "" : eol);
}

void include_remove_last(const char *text, size_t len, struct strbuf *out)
{
	const char *a = text;
	const char *b = text;

	if (find_last(text, len, &a, &b) && b[-1] != '\n' && a > text)
		a--;
	add_without(text, len, a, b, out);
}

/* True if the line begins with this marker. */
static bool is_marker(const struct configline *at, const char *marker)
{
	size_t len = strlen(marker);

	return (size_t)(at->end - at->line) >= len &&
	       memcmp(at->line, marker, len) == 0 &&
	       (at->line + len == at->end || configline_is_blank(at->line[len]));
}

/* Find the block with its markers, from *a to *b: 1, or 0 if there is none, or -1. */
static int find_block(const char *text, size_t len, const char **a, const char **b,
                      struct error *err)
{
	struct configline at = configline_at(text, len);
	size_t opened = 0;
	bool done = false;

	while (configline_next(&at)) {
		bool begin = is_marker(&at, INCLUDE_MARK);

		if (!begin && !is_marker(&at, INCLUDE_END))
			continue;
		if (done || (begin && opened != 0))
			return error_set(err, ERROR_CONFIG,
			                 "line %zu: a second marker of cxssh; "
			                 "remove one by hand",
			                 at.number);
		if (!begin && opened == 0)
			return error_set(err, ERROR_CONFIG,
			                 "line %zu: \"%s\" has no BEGIN above; "
			                 "remove it by hand",
			                 at.number, INCLUDE_END);
		if (begin) {
			opened = at.number;
			*a = at.line;
			continue;
		}
		*b = at.next;
		done = true;
	}
	if (opened != 0 && !done)
		return error_set(err, ERROR_CONFIG,
		                 "line %zu: \"# BEGIN cxssh\" has no \"%s\" below; "
		                 "remove it by hand",
		                 opened, INCLUDE_END);
	return done;
}

/* "Host *" at the end: the user's lines below apply to all hosts again. */
static void put_block(const char *block, size_t block_len, const char *eol,
                      struct strbuf *out)
{
	struct configline at = { .next = block, .stop = block + block_len };
	bool header = true;

	strbuf_addf(out, "%s%s", INCLUDE_BEGIN, eol);
	while (configline_next(&at)) {
		header = header && (at.line == at.end || at.line[0] == '#');
		if (header)
			continue;
		strbuf_add(out, at.line, (size_t)(at.end - at.line));
		strbuf_adds(out, eol);
	}
	strbuf_addf(out, "%sHost *%s%s%s", eol, eol, INCLUDE_END, eol);
}

int include_add_block(const char *text, size_t len, const char *block, size_t block_len,
                      struct strbuf *out, struct error *err)
{
	const char *a = text + utf8_mark(text, len);
	const char *b = a;
	const char *x = NULL;
	const char *y = NULL;

	if (find_block(block, block_len, &x, &y, err) != 0)
		return error_set(err, ERROR_CONFIG,
		                 "the generated text has markers of its own");
	if (find_block(text, len, &a, &b, err) == -1)
		return -1;
	strbuf_add(out, text, (size_t)(a - text));
	put_block(block, block_len, line_end(text, len), out);
	strbuf_add(out, b, (size_t)(text + len - b));
	return 0;
}

int include_has_block(const char *text, size_t len, struct error *err)
{
	const char *a = text;
	const char *b = text;

	return find_block(text, len, &a, &b, err);
}

/* True for a host name, false for a pattern. */
static bool is_literal(const char *word)
{
	return word[0] != '!' && strpbrk(word, "*?") == NULL;
}

void include_each_below(const char *text, size_t len, const struct include_target *target,
                        include_host_fn *each, void *cookie)
{
	struct configline at = configline_at(text, len);
	struct error ignored = ERROR_INIT;
	const char *a = text + len;
	const char *b = text + len;
	size_t line;
	bool included = include_find(text, len, target, &line) >= INCLUDE_LATE;
	bool block = find_block(text, len, &a, &b, &ignored) == 1;

	while (configline_next(&at)) {
		bool below_line = included && at.number > line;
		struct strvec words = STRVEC_INIT;

		if ((block && at.line >= a && at.line < b) ||
		    !(below_line || (block && at.line >= b)))
			continue;
		configline_split(&at, &words);
		for (size_t i = 1; i < words.count; i++) {
			if (strcasecmp(words.items[0], "host") == 0 &&
			    is_literal(words.items[i]))
				each(words.items[i], at.number,
				     below_line ? INCLUDE_LINE : INCLUDE_MARK, cookie);
		}
		strvec_release(&words);
	}
}

int include_remove_block(const char *text, size_t len, struct strbuf *out,
                         struct error *err)
{
	const char *a = text;
	const char *b = text;
	int rc = find_block(text, len, &a, &b, err);

	if (rc != -1)
		add_without(text, len, a, b, out);
	return rc;
}
