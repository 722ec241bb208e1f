/* SPDX-License-Identifier: MIT */
/*
 * Lines of known_hosts: a key that is written down is found again, nothing else is
 * changed by that, and a revoked key stays revoked.
 *
 * Input: the file, the names (a line of them), the key blob.
 */

#include <stdlib.h>
#include <string.h>

#include "base/strvec.h"
#include "fuzz.h"
#include "hostkey/fingerprint.h"
#include "hostkey/hashedname.h"
#include "hostkey/knownhosts.h"
#include "hostkey/knownhostslookup.h"

/* Wildcards in the plainest way, to compare with; depth is how far it may go. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bool reference_match(const char *pattern, const char *name, int depth)
{
	if (depth == 0)
		return false;
	if (*pattern == '\0')
		return *name == '\0';
	if (*pattern == '*')
		return reference_match(pattern + 1, name, depth - 1) ||
		       (*name != '\0' && reference_match(pattern, name + 1, depth - 1));
	return *name != '\0' && (*pattern == '?' || *pattern == *name) &&
	       reference_match(pattern + 1, name + 1, depth - 1);
}

static bool is_made_of(const char *text, const char *set, size_t max)
{
	size_t len = strlen(text);

	return len > 0 && len <= max && strspn(text, set) == len;
}

static void check_pattern(const char *pattern, const char *name)
{
	static const unsigned char key[] = "\0\0\0\7ssh-rsa\0\0\0\1x";
	struct strbuf line = STRBUF_INIT;
	struct strvec names = STRVEC_INIT;

	if (!is_made_of(pattern, "ab*?", 10) || !is_made_of(name, "ab", 10))
		return;
	strvec_push(&names, pattern);
	require(kh_format_line(&line, &names, key, sizeof(key) - 1) == 0);
	require((kh_check(line.data, name, key, sizeof(key) - 1) == KH_KEY_MATCH) ==
	        reference_match(pattern, name, 64));
	strvec_release(&names);
	strbuf_release(&line);
}

/* Then a line may list names and does not count. */
static bool may_be_revoked(const char *text)
{
	return strstr(text, "@revoked") != NULL;
}

/* Append the key under names to the file, as is done at a first contact. */
static void check_line(const char *text, const struct strvec *names,
                       const unsigned char *blob, size_t len)
{
	enum kh_verdict before = kh_check(text, names->items[0], blob, len);
	struct strvec types = STRVEC_INIT;
	struct strbuf all = STRBUF_INIT;
	char type[64];

	strbuf_adds(&all, text);
	if (all.len > 0 && all.data[all.len - 1] != '\n')
		strbuf_adds(&all, "\n");
	if (kh_format_line(&all, names, blob, len) == 0) {
		require(kh_check(all.data, names->items[0], blob, len) ==
		        (before == KH_KEY_REVOKED ? before : KH_KEY_MATCH));
		require(kh_has_name(all.data, names, kh_match) || may_be_revoked(text));
		require(kh_key_type(blob, len, type, sizeof(type)));
		kh_types(all.data, names->items[0], &types);
		require(types.count > 0 &&
		        strcmp(types.items[types.count - 1], type) == 0);
		require(fuzz_is_printable(type) && strchr(type, ' ') == NULL);
	} else {
		require(!kh_key_type(blob, len, type, sizeof(type)) ||
		        !kh_is_key(blob, len, (struct kh_span){ type, strlen(type) }));
	}
	strvec_release(&types);
	strbuf_release(&all);
}

static void check_rename(const char *text, const struct strvec *names,
                         const unsigned char *blob, size_t len)
{
	const struct strvec first = { .items = names->items, .count = 1 };
	struct strbuf once = STRBUF_INIT;
	struct strbuf twice = STRBUF_INIT;
	bool changed = kh_add_names(text, names, &once);

	require(changed || strcmp(text, once.data) == 0);
	require(!kh_has_name(text, &first, kh_match) ||
	        kh_has_name(once.data, names, kh_match) || may_be_revoked(text));
	require(kh_check(text, names->items[0], blob, len) ==
	        kh_check(once.data, names->items[0], blob, len));
	require(!kh_add_names(once.data, names, &twice) && fuzz_same(&once, &twice));
	strbuf_release(&once);
	strbuf_release(&twice);
}

static bool is_first(const struct kh_line *line, struct kh_span name, void *cookie)
{
	const struct strvec *names = cookie;

	require(line->kind == KH_PLAIN);
	return kh_span_is(name, names->items[0]);
}

static bool is_any(const struct kh_line *line, struct kh_span name, void *cookie)
{
	(void)line;
	(void)name;
	(void)cookie;
	return true;
}

/* Forget names[0]: it is gone, nothing else is, and a key that was learnt and forgotten
 * leaves no trace. */
static void check_drop(const char *text, struct strvec *names, const unsigned char *blob,
                       size_t len)
{
	const struct strvec first = { .items = names->items, .count = 1 };
	struct strbuf once = STRBUF_INIT;
	struct strbuf twice = STRBUF_INIT;
	struct strbuf learnt = STRBUF_INIT;
	size_t dropped = kh_drop_names(text, is_first, names, &once);

	require(dropped > 0 ? once.len < strlen(text) : strcmp(once.data, text) == 0);
	require(dropped > 0 || !kh_has_name(text, &first, kh_match));
	require(!kh_has_name(once.data, &first, kh_match));
	require(kh_check(text, names->items[0], blob, len) != KH_KEY_REVOKED ||
	        kh_check(once.data, names->items[0], blob, len) == KH_KEY_REVOKED);
	if (once.len > 0 && once.data[once.len - 1] != '\n')
		strbuf_adds(&once, "\n");
	strbuf_adds(&learnt, once.data);
	if (kh_format_line(&learnt, &first, blob, len) == 0) {
		require(kh_drop_names(learnt.data, is_first, names, &twice) == 1);
		require(fuzz_same(&once, &twice));
	}
	strbuf_clear(&twice);
	(void)kh_drop_names(text, is_any, NULL, &twice);
	require(!kh_has_name(twice.data, &first, kh_match));
	strbuf_release(&once);
	strbuf_release(&twice);
	strbuf_release(&learnt);
}

static void check_fingerprint(const char *key)
{
	char out[FINGERPRINT_SIZE];

	require(fuzz_is_printable(fingerprint_of(key, strlen(key), out)));
	require(strlen(out) < FINGERPRINT_SIZE);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts = { data, size };
	char *text = fuzz_text(&parts);
	char *line = fuzz_text(&parts);
	struct strvec names = STRVEC_INIT;
	struct strvec types = STRVEC_INIT;
	const uint8_t *blob = (const uint8_t *)"";
	size_t len = 0;
	bool harmless = true;

	(void)fuzz_part(&parts, &blob, &len);
	strvec_split(&names, line);
	for (size_t i = 0; i < names.count; i++)
		harmless = harmless && fuzz_is_harmless(names.items[i]) &&
		           strpbrk(names.items[i], ",@") == NULL;
	if (names.count > 0) {
		(void)kh_check(text, names.items[0], blob, len);
		kh_types(text, names.items[0], &types);
		(void)kh_has_name(text, &names, kh_match);
		(void)kh_has_ca(text, &names, kh_match);
		check_fingerprint(names.items[0]);
	}
	if (names.count > 1)
		check_pattern(names.items[0], names.items[1]);
	if (names.count > 0 && harmless) {
		check_line(text, &names, blob, len);
		check_rename(text, &names, blob, len);
		check_drop(text, &names, blob, len);
	}
	strvec_release(&types);
	strvec_release(&names);
	free(line);
	free(text);
}
