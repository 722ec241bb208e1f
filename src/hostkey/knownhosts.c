/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base64.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "hostkey/hashedname.h"
#include "hostkey/knownhosts.h"
#include "hostkey/knownhostsline.h"

enum kh_verdict kh_check(const char *text, const char *name, const unsigned char *blob,
                         size_t len)
{
	enum kh_verdict verdict = KH_KEY_UNKNOWN;
	struct strbuf wanted = STRBUF_INIT;
	struct kh_line line;

	base64_encode(blob, len, &wanted);
	while (kh_next_line(&text, &line)) {
		bool same;

		if (line.kind == KH_NONE || line.kind == KH_CERT_AUTHORITY ||
		    !kh_match(&line, name))
			continue;
		same = kh_span_is(line.key, wanted.data);
		if (line.kind == KH_REVOKED) {
			if (!same)
				continue;
			verdict = KH_KEY_REVOKED;
			break;
		}
		if (same)
			verdict = KH_KEY_MATCH;
		else if (verdict == KH_KEY_UNKNOWN && kh_line_is_valid(&line))
			verdict = KH_KEY_CHANGED;
	}
	strbuf_release(&wanted);
	return verdict;
}

void kh_types(const char *text, const char *name, struct strvec *types)
{
	struct kh_line line;

	while (kh_next_line(&text, &line)) {
		if (line.kind == KH_PLAIN && kh_match(&line, name) &&
		    kh_line_is_valid(&line))
			strvec_pushf(types, "%.*s", (int)line.type.len, line.type.at);
	}
}

bool kh_knows(const char *text, const char *name)
{
	struct strvec types = STRVEC_INIT;
	bool knows;

	kh_types(text, name, &types);
	knows = types.count > 0;
	strvec_release(&types);
	return knows;
}

void kh_hashed_names(const char *text, const char *name, struct strvec *forms)
{
	struct kh_line line;

	while (kh_next_line(&text, &line)) {
		if (line.kind != KH_NONE && kh_line_is_hashed(&line) &&
		    kh_match(&line, name))
			strvec_pushf(forms, "%.*s", (int)line.names.len, line.names.at);
	}
}

bool kh_key_type(const unsigned char *blob, size_t len, char *out, size_t cap)
{
	struct sshbuf p = { .at = blob, .left = len };

	if (!sshbuf_get_cstring(&p, out, cap) || out[0] == '\0')
		return false;
	for (const char *c = out; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~')
			return false;
	}
	return true;
}

int kh_format_line(struct strbuf *out, const struct strvec *names,
                   const unsigned char *blob, size_t len)
{
	char type[64];

	if (!kh_key_type(blob, len, type, sizeof(type)) ||
	    !kh_is_key(blob, len, (struct kh_span){ type, strlen(type) }))
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

bool kh_add_names(const char *text, const struct strvec *names, struct strbuf *out)
{
	struct kh_line line;
	bool changed = false;

	while (kh_next_line(&text, &line)) {
		const char *end = line.whole.at + line.whole.len;
		const char *rest;

		if (line.kind != KH_PLAIN || !kh_line_has_name(&line, names->items[0])) {
			add_span(out, line.whole.at, end);
			continue;
		}
		rest = line.names.at + line.names.len;
		add_span(out, line.whole.at, rest);
		for (size_t i = 1; i < names->count; i++) {
			if (kh_line_has_name(&line, names->items[i]))
				continue;
			strbuf_addf(out, ",%s", names->items[i]);
			changed = true;
		}
		add_span(out, rest, end);
	}
	return changed;
}

/* Append the names of line that stay to kept; the number of those dropped. */
static size_t keep_names(const struct kh_line *line, kh_drop_fn *drop, void *cookie,
                         struct strbuf *kept)
{
	struct kh_span list = line->names;
	struct kh_span name;
	size_t dropped = 0;

	while (kh_next_name(&list, &name)) {
		if (drop(line, name, cookie)) {
			dropped++;
			continue;
		}
		strbuf_adds(kept, kept->len > 0 ? "," : "");
		strbuf_add(kept, name.at, name.len);
	}
	return dropped;
}

size_t kh_drop_names(const char *text, kh_drop_fn *drop, void *cookie, struct strbuf *out)
{
	struct kh_line line;
	size_t total = 0;

	while (kh_next_line(&text, &line)) {
		const char *end = line.whole.at + line.whole.len;
		struct strbuf kept = STRBUF_INIT;
		size_t dropped = line.kind == KH_PLAIN ?
		                         keep_names(&line, drop, cookie, &kept) :
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
