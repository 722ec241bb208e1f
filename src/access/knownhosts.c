#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "access/knownhosts.h"
#include "base/base64.h"
#include "base/strbuf.h"
#include "base/strvec.h"

enum marker { PLAIN, REVOKED, AUTHORITY };

/* A piece of the text, not terminated. */
struct span {
	const char *at;
	size_t len;
};

struct line {
	enum marker marker;
	struct span names;
	struct span type;
	struct span key; /* base64 */
};

static bool is_text(struct span span, const char *text)
{
	return strlen(text) == span.len && memcmp(span.at, text, span.len) == 0;
}

static struct span next_word(const char **at, const char *end)
{
	struct span word;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	word.at = *at;
	while (*at < end && **at != ' ' && **at != '\t' && **at != '\r')
		(*at)++;
	word.len = (size_t)(*at - word.at);
	return word;
}

/* Split [at, end); false for a comment, a blank line, or one that is no known host. */
static bool split(const char *at, const char *end, struct line *line)
{
	struct span word = next_word(&at, end);

	if (word.len == 0 || word.at[0] == '#')
		return false;
	line->marker = PLAIN;
	if (word.at[0] == '@') {
		if (is_text(word, "@revoked"))
			line->marker = REVOKED;
		else if (is_text(word, "@cert-authority"))
			line->marker = AUTHORITY;
		else
			return false;
		word = next_word(&at, end);
	}
	line->names = word;
	line->type = next_word(&at, end);
	line->key = next_word(&at, end);
	return line->key.len > 0;
}

/* The next line of text that is one; false at the end.  *text moves on. */
static bool next_line(const char **text, struct line *line)
{
	while (**text != '\0') {
		const char *start = *text;
		const char *newline = strchr(start, '\n');
		const char *end = newline != NULL ? newline : start + strlen(start);

		*text = newline != NULL ? newline + 1 : end;
		if (split(start, end, line))
			return true;
	}
	return false;
}

/* '*' and '?' as in sshd(8); without recursion, so that no pattern is slow. */
static bool matches(struct span pattern, const char *name)
{
	size_t p = 0;
	size_t star = SIZE_MAX;
	const char *resume = name;

	while (*name != '\0') {
		if (p < pattern.len &&
		    (pattern.at[p] == '?' || strncasecmp(&pattern.at[p], name, 1) == 0)) {
			if (pattern.at[p] != '*') {
				p++;
				name++;
				continue;
			}
		}
		if (p < pattern.len && pattern.at[p] == '*') {
			star = p++;
			resume = name;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == '*')
		p++;
	return p == pattern.len;
}

/* The next of a comma list; false at its end. */
static bool next_name(struct span *list, struct span *name)
{
	const char *comma;

	if (list->len == 0)
		return false;
	comma = memchr(list->at, ',', list->len);
	name->at = list->at;
	name->len = comma != NULL ? (size_t)(comma - list->at) : list->len;
	list->at += name->len + (comma != NULL);
	list->len -= name->len + (comma != NULL);
	return true;
}

/* Is name meant by the list?  A matching "!pattern" takes it out again. */
static bool means(struct span list, const char *name)
{
	struct span pattern;
	bool meant = false;

	while (next_name(&list, &pattern)) {
		bool negated = pattern.len > 0 && pattern.at[0] == '!';

		if (negated) {
			pattern.at++;
			pattern.len--;
		}
		if (!matches(pattern, name))
			continue;
		if (negated)
			return false;
		meant = true;
	}
	return meant;
}

enum knownhosts_verdict knownhosts_check(const char *text, const char *name,
                                         const unsigned char *blob, size_t len)
{
	enum knownhosts_verdict verdict = KNOWNHOSTS_UNKNOWN;
	struct strbuf wanted = STRBUF_INIT;
	struct line line;

	base64_encode(blob, len, &wanted);
	while (next_line(&text, &line)) {
		bool same;

		if (line.marker == AUTHORITY || !means(line.names, name))
			continue;
		same = is_text(line.key, wanted.data);
		if (line.marker == REVOKED) {
			if (!same)
				continue;
			verdict = KNOWNHOSTS_REVOKED;
			break;
		}
		if (same)
			verdict = KNOWNHOSTS_MATCH;
		else if (verdict == KNOWNHOSTS_UNKNOWN)
			verdict = KNOWNHOSTS_CHANGED;
	}
	strbuf_release(&wanted);
	return verdict;
}

void knownhosts_types(const char *text, const char *name, struct strvec *types)
{
	struct line line;

	while (next_line(&text, &line)) {
		if (line.marker == PLAIN && means(line.names, name))
			strvec_pushf(types, "%.*s", (int)line.type.len, line.type.at);
	}
}

static bool lists(struct span list, const char *name)
{
	struct span one;

	while (next_name(&list, &one)) {
		if (is_text(one, name))
			return true;
	}
	return false;
}

bool knownhosts_lists(const char *text, const struct strvec *names)
{
	struct line line;

	while (next_line(&text, &line)) {
		size_t found = 0;

		if (line.marker != PLAIN)
			continue;
		while (found < names->count && lists(line.names, names->items[found]))
			found++;
		if (found == names->count)
			return true;
	}
	return false;
}

bool knownhosts_type(const unsigned char *blob, size_t len, char *out, size_t cap)
{
	size_t n;

	if (len < 4)
		return false;
	n = (size_t)blob[0] << 24 | (size_t)blob[1] << 16 | (size_t)blob[2] << 8 | blob[3];
	if (n == 0 || n >= cap || n > len - 4)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = blob[4 + i];

		if (c <= ' ' || c > '~')
			return false;
		out[i] = (char)c;
	}
	out[n] = '\0';
	return true;
}

int knownhosts_line(struct strbuf *out, const struct strvec *names,
                    const unsigned char *blob, size_t len)
{
	char type[64];

	if (!knownhosts_type(blob, len, type, sizeof(type)))
		return -1;
	for (size_t i = 0; i < names->count; i++)
		strbuf_addf(out, "%s%s", i > 0 ? "," : "", names->items[i]);
	strbuf_addf(out, " %s ", type);
	base64_encode(blob, len, out);
	strbuf_adds(out, "\n");
	return 0;
}

bool knownhosts_rename(const char *text, const struct strvec *names, struct strbuf *out)
{
	bool changed = false;

	while (*text != '\0') {
		const char *newline = strchr(text, '\n');
		const char *end = newline != NULL ? newline + 1 : text + strlen(text);
		struct line line;
		bool ours = split(text, newline != NULL ? newline : end, &line) &&
		            line.marker == PLAIN && lists(line.names, names->items[0]);

		if (ours) {
			const char *rest = line.names.at + line.names.len;

			strbuf_add(out, text, (size_t)(rest - text));
			for (size_t i = 1; i < names->count; i++) {
				if (lists(line.names, names->items[i]))
					continue;
				strbuf_addf(out, ",%s", names->items[i]);
				changed = true;
			}
			strbuf_add(out, rest, (size_t)(end - rest));
		} else {
			strbuf_add(out, text, (size_t)(end - text));
		}
		text = end;
	}
	return changed;
}
