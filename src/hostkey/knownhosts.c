#include <string.h>

#include "base/base64.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "hostkey/hashedname.h"
#include "hostkey/knownhosts.h"
#include "hostkey/knownhostsline.h"

enum knownhosts_verdict knownhosts_check(const char *text, const char *name,
                                         const unsigned char *blob, size_t len)
{
	enum knownhosts_verdict verdict = KNOWNHOSTS_UNKNOWN;
	struct strbuf wanted = STRBUF_INIT;
	struct knownline line;

	base64_encode(blob, len, &wanted);
	while (knownline_next(&text, &line)) {
		bool same;

		if (line.kind == KNOWNLINE_NONE || line.kind == KNOWNLINE_AUTHORITY ||
		    !knownline_means(&line, name))
			continue;
		same = knownline_is(line.key, wanted.data);
		if (line.kind == KNOWNLINE_REVOKED) {
			if (!same)
				continue;
			verdict = KNOWNHOSTS_REVOKED;
			break;
		}
		if (same)
			verdict = KNOWNHOSTS_MATCH;
		else if (verdict == KNOWNHOSTS_UNKNOWN && knownline_is_sound(&line))
			verdict = KNOWNHOSTS_CHANGED;
	}
	strbuf_release(&wanted);
	return verdict;
}

void knownhosts_types(const char *text, const char *name, struct strvec *types)
{
	struct knownline line;

	while (knownline_next(&text, &line)) {
		if (line.kind == KNOWNLINE_PLAIN && knownline_means(&line, name) &&
		    knownline_is_sound(&line))
			strvec_pushf(types, "%.*s", (int)line.type.len, line.type.at);
	}
}

void knownhosts_hashed(const char *text, const char *name, struct strvec *forms)
{
	struct knownline line;

	while (knownline_next(&text, &line)) {
		if (line.kind != KNOWNLINE_NONE &&
		    hashedname_is_one(line.names.at, line.names.len) &&
		    knownline_means(&line, name))
			strvec_pushf(forms, "%.*s", (int)line.names.len, line.names.at);
	}
}

bool knownhosts_revoked(const char *text, const struct strvec *names,
                        struct knownline_span key)
{
	struct knownline line;

	while (knownline_next(&text, &line)) {
		if (line.kind != KNOWNLINE_REVOKED || line.key.len != key.len ||
		    memcmp(line.key.at, key.at, key.len) != 0)
			continue;
		for (size_t i = 0; i < names->count; i++) {
			if (knownline_means(&line, names->items[i]))
				return true;
		}
	}
	return false;
}

/* Is the key of line revoked, under a name that it has? */
static bool is_revoked(const char *text, const struct knownline *line)
{
	struct knownline_span list = line->names;
	struct knownline_span name;
	struct strvec names = STRVEC_INIT;
	bool revoked;

	while (knownline_name(&list, &name))
		strvec_pushf(&names, "%.*s", (int)name.len, name.at);
	revoked = knownhosts_revoked(text, &names, line->key);
	strvec_release(&names);
	return revoked;
}

bool knownhosts_lists(const char *text, const struct strvec *names)
{
	const char *all = text;
	struct knownline line;

	while (knownline_next(&text, &line)) {
		size_t found = 0;

		if (line.kind != KNOWNLINE_PLAIN)
			continue;
		while (found < names->count &&
		       knownline_lists(&line, names->items[found]))
			found++;
		if (found == names->count && knownline_is_sound(&line) &&
		    !is_revoked(all, &line))
			return true;
	}
	return false;
}

static bool is_certified(const char *text, const char *name)
{
	struct knownline line;

	while (knownline_next(&text, &line)) {
		if (line.kind == KNOWNLINE_AUTHORITY && knownline_means(&line, name))
			return true;
	}
	return false;
}

bool knownhosts_certified(const char *text, const struct strvec *names)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!is_certified(text, names->items[i]))
			return false;
	}
	return names->count > 0;
}

bool knownhosts_type(const unsigned char *blob, size_t len, char *out, size_t cap)
{
	size_t n;

	if (len < 4)
		return false;
	n = (size_t)blob[0] << 24 | (size_t)blob[1] << 16 | (size_t)blob[2] << 8 |
	    blob[3];
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

	if (!knownhosts_type(blob, len, type, sizeof(type)) ||
	    !knownline_is_key(blob, len, (struct knownline_span){ type, strlen(type) }))
		return -1;
	strvec_join(names, ",", out);
	strbuf_addf(out, " %s ", type);
	base64_encode(blob, len, out);
	strbuf_adds(out, "\n");
	return 0;
}

static void add_span(struct strbuf *out, const char *from, const char *to)
{
	strbuf_add(out, from, (size_t)(to - from));
}

bool knownhosts_rename(const char *text, const struct strvec *names, struct strbuf *out)
{
	struct knownline line;
	bool changed = false;

	while (knownline_next(&text, &line)) {
		const char *end = line.whole.at + line.whole.len;
		const char *rest;

		if (line.kind != KNOWNLINE_PLAIN ||
		    !knownline_lists(&line, names->items[0])) {
			add_span(out, line.whole.at, end);
			continue;
		}
		rest = line.names.at + line.names.len;
		add_span(out, line.whole.at, rest);
		for (size_t i = 1; i < names->count; i++) {
			if (knownline_lists(&line, names->items[i]))
				continue;
			strbuf_addf(out, ",%s", names->items[i]);
			changed = true;
		}
		add_span(out, rest, end);
	}
	return changed;
}

/* The names of line that stay, into kept; how many go. */
static size_t sift(const struct knownline *line, knownhosts_drop_fn *drop, void *cookie,
                   struct strbuf *kept)
{
	struct knownline_span list = line->names;
	struct knownline_span name;
	size_t dropped = 0;

	while (knownline_name(&list, &name)) {
		if (drop(line, name, cookie)) {
			dropped++;
			continue;
		}
		strbuf_adds(kept, kept->len > 0 ? "," : "");
		strbuf_add(kept, name.at, name.len);
	}
	return dropped;
}

size_t knownhosts_drop(const char *text, knownhosts_drop_fn *drop, void *cookie,
                       struct strbuf *out)
{
	struct knownline line;
	size_t total = 0;

	while (knownline_next(&text, &line)) {
		const char *end = line.whole.at + line.whole.len;
		struct strbuf kept = STRBUF_INIT;
		size_t dropped = line.kind == KNOWNLINE_PLAIN ?
		                         sift(&line, drop, cookie, &kept) :
		                         0;

		if (dropped == 0) {
			add_span(out, line.whole.at, end);
		} else if (kept.len > 0) {
			add_span(out, line.whole.at, line.names.at);
			strbuf_add(out, kept.data, kept.len);
			add_span(out, line.names.at + line.names.len, end);
		}
		total += dropped;
		strbuf_release(&kept);
	}
	return total;
}
