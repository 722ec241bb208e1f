/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "hostkey/knownhostsline.h"

bool kh_span_is(struct kh_span span, const char *text)
{
	return strlen(text) == span.len && memcmp(span.at, text, span.len) == 0;
}

static struct kh_span next_word(const char **at, const char *end)
{
	struct kh_span word;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	word.at = *at;
	while (*at < end && **at != ' ' && **at != '\t' && **at != '\r')
		(*at)++;
	word.len = (size_t)(*at - word.at);
	return word;
}

/* Split [at, end) into names, type and key of line; the kind that it is. */
static enum kh_kind split(const char *at, const char *end, struct kh_line *line)
{
	enum kh_kind kind = KH_PLAIN;
	struct kh_span word = next_word(&at, end);

	if (word.len == 0 || word.at[0] == '#')
		return KH_NONE;
	if (word.at[0] == '@') {
		if (kh_span_is(word, "@revoked"))
			kind = KH_REVOKED;
		else if (kh_span_is(word, "@cert-authority"))
			kind = KH_CERT_AUTHORITY;
		else
			return KH_NONE;
		word = next_word(&at, end);
	}
	line->names = word;
	line->type = next_word(&at, end);
	line->key = next_word(&at, end);
	return line->key.len > 0 ? kind : KH_NONE;
}

bool kh_next_line(const char **text, struct kh_line *line)
{
	const char *start = *text;
	const char *newline = strchr(start, '\n');
	const char *end = newline != NULL ? newline : start + strlen(start);

	if (*start == '\0')
		return false;
	*text = newline != NULL ? newline + 1 : end;
	line->whole = (struct kh_span){ start, (size_t)(*text - start) };
	line->kind = split(start, end, line);
	return true;
}

bool kh_next_line_with(const char **text, const char *word, struct kh_line *line)
{
	const char *start = strstr(*text, word);

	if (start == NULL)
		return false;
	while (start > *text && start[-1] != '\n')
		start--;
	*text = start;
	return kh_next_line(text, line);
}

/* Wildcard match without recursion: linear in stars, so that no pattern is slow. */
static bool matches(struct kh_span pattern, const char *name)
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

bool kh_next_name(struct kh_span *list, struct kh_span *name)
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

bool kh_line_has_name(const struct kh_line *line, const char *name)
{
	struct kh_span list = line->names;
	struct kh_span one;

	while (kh_next_name(&list, &one)) {
		if (kh_span_is(one, name))
			return true;
	}
	return false;
}

bool kh_is_key(const unsigned char *blob, size_t len, struct kh_span type)
{
	struct sshbuf p = { .at = blob, .left = len };
	struct sshbuf string;

	if (!sshbuf_get_string(&p, &string) || string.left != type.len ||
	    memcmp(string.at, type.at, type.len) != 0 || p.left == 0)
		return false;
	while (p.left > 0) {
		if (!sshbuf_get_string(&p, &string))
			return false;
	}
	return true;
}

bool kh_line_is_valid(const struct kh_line *line)
{
	struct strbuf blob = STRBUF_INIT;
	bool valid = base64_decode(line->key.at, line->key.len, &blob) &&
	             kh_is_key((const unsigned char *)blob.data, blob.len, line->type);

	strbuf_release(&blob);
	return valid;
}

bool kh_line_is_hashed(const struct kh_line *line)
{
	return line->names.len > 0 && line->names.at[0] == '|';
}

bool kh_match_plain(const struct kh_line *line, const char *name)
{
	struct kh_span list = line->names;
	struct kh_span pattern;
	bool matched = false;

	if (kh_line_is_hashed(line))
		return line->kind == KH_REVOKED;
	while (kh_next_name(&list, &pattern)) {
		bool negated = pattern.len > 0 && pattern.at[0] == '!';

		if (negated) {
			pattern.at++;
			pattern.len--;
		}
		if (!matches(pattern, name))
			continue;
		if (negated)
			return false;
		matched = true;
	}
	return matched;
}
