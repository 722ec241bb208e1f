/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hostkey/knownhostslookup.h"

bool kh_is_revoked(const char *text, const struct strvec *names, struct kh_span key,
                   kh_match_fn *match)
{
	struct kh_line line;

	while (kh_next_line_with(&text, "@revoked", &line)) {
		if (line.kind != KH_REVOKED || line.key.len != key.len ||
		    memcmp(line.key.at, key.at, key.len) != 0)
			continue;
		for (size_t i = 0; i < names->count; i++) {
			if (match(&line, names->items[i]))
				return true;
		}
	}
	return false;
}

static bool is_line_revoked(const char *text, const struct kh_line *line,
                            kh_match_fn *match)
{
	struct kh_span list = line->names;
	struct kh_span name;
	struct strvec names = STRVEC_INIT;
	bool revoked;

	while (kh_next_name(&list, &name))
		strvec_pushf(&names, "%.*s", (int)name.len, name.at);
	revoked = kh_is_revoked(text, &names, line->key, match);
	strvec_release(&names);
	return revoked;
}

bool kh_has_name(const char *text, const struct strvec *names, kh_match_fn *match)
{
	const char *all = text;
	struct kh_line line;

	while (names->count > 0 && kh_next_line_with(&text, names->items[0], &line)) {
		size_t found = 0;

		if (line.kind != KH_PLAIN)
			continue;
		while (found < names->count &&
		       kh_line_has_name(&line, names->items[found]))
			found++;
		if (found == names->count && kh_line_is_valid(&line) &&
		    !is_line_revoked(all, &line, match))
			return true;
	}
	return false;
}

static bool has_ca(const char *text, const char *name, kh_match_fn *match)
{
	struct kh_line line;

	while (kh_next_line_with(&text, "@cert-authority", &line)) {
		if (line.kind == KH_CERT_AUTHORITY && match(&line, name))
			return true;
	}
	return false;
}

bool kh_has_ca(const char *text, const struct strvec *names, kh_match_fn *match)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!has_ca(text, names->items[i], match))
			return false;
	}
	return names->count > 0;
}
