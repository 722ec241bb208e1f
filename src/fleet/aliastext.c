/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "fleet/aliastext.h"

enum { LEVEL_ROLE = ALIASTEXT_PLAIN + 1, LEVEL_TAG, LEVEL_HASH = 6 };
static const size_t tag_lengths[] = { 0, 0, 6, 8, 12, 16, 16 };

enum { TAG_MAX = 16 };

/* ASCII, whatever the locale says. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_slug_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

char *aliastext_slug(const char *text)
{
	char *slug = xcalloc(strlen(text) + 1, 1);
	bool gap = false; /* other bytes since the last letter or digit */
	size_t len = 0;

	for (size_t i = 0; text[i] != '\0'; i++) {
		char c = lower(text[i]);

		if (!is_slug_char(c)) {
			gap = true;
			continue;
		}
		if (gap && len > 0)
			slug[len++] = '-';
		slug[len++] = c;
		gap = false;
	}
	return slug;
}

/* FNV-1a; the NUL at the end is part of it, so that "a","bc" is not "ab","c". */
static uint64_t hash_more(uint64_t hash, const char *text)
{
	do {
		hash ^= (unsigned char)*text;
		hash *= UINT64_C(0x100000001b3);
	} while (*text++ != '\0');
	return hash;
}

uint64_t aliastext_hash(const char *kind, const char *first, const char *second)
{
	uint64_t hash = hash_more(UINT64_C(0xcbf29ce484222325), kind);

	return hash_more(hash_more(hash, first), second);
}

/* The first len characters of the uid, filled up from the hash where it is short. */
static void make_tag(const struct aliastext *name, size_t len, char tag[TAG_MAX + 1])
{
	char hex[TAG_MAX + 1];
	size_t n = 0;

	tag[0] = '\0';
	if (len == 0)
		return; /* nearly every name */
	(void)snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)name->hash);
	if (name->level < LEVEL_HASH) {
		for (const char *p = name->uid; *p != '\0' && n < len; p++) {
			if (is_slug_char(lower(*p)))
				tag[n++] = lower(*p);
		}
	}
	for (size_t i = 0; n < len; i++)
		tag[n++] = hex[i];
	tag[n] = '\0';
}

/* No more than max characters of text, and no '-' at the end. */
static int cut(const char *text, size_t max)
{
	size_t len = strnlen(text, max);

	while (len > 0 && !is_slug_char(text[len - 1]))
		len--;
	return (int)len;
}

/* What stands between head and tail. */
static const char *middle(const struct aliastext *name)
{
	if (name->head[0] == '\0')
		return "";
	if (!name->role || name->level < LEVEL_ROLE)
		return name->tail[0] == '\0' ? "" : "-";
	return name->tail[0] == '\0' ? "-role" : "-role-";
}

/* head-tail-tag, as long as it may be; the tail, a server's own name, is cut last. */
void aliastext_compose(struct aliastext *name)
{
	const char *mid = middle(name);
	size_t tag_len = tag_lengths[name->level];
	size_t whole = strlen(name->head) + strlen(mid) + strlen(name->tail);
	char tag[TAG_MAX + 1];
	size_t space;
	int head;
	int tail;

	if (tag_len == 0 && (whole > name->limit || name->tail[0] == '\0'))
		tag_len = tag_lengths[LEVEL_TAG];
	make_tag(name, tag_len, tag);
	space = name->limit - (tag_len > 0 ? tag_len + 1 : 0) - strlen(mid);
	if (whole - strlen(mid) <= space) {
		head = (int)strlen(name->head);
		tail = (int)strlen(name->tail);
	} else {
		size_t half = space - cut(name->head, space / 2);

		tail = cut(name->tail, half);
		head = cut(name->head, space - (size_t)tail);
	}
	(void)snprintf(name->text, sizeof(name->text), "%.*s%s%.*s%s%s", head, name->head,
	               mid, tail, name->tail, tag_len > 0 && head + tail > 0 ? "-" : "",
	               tag);
}

bool aliastext_raise(struct aliastext *name)
{
	if (name->level == LEVEL_HASH)
		return false;
	name->level = name->level == ALIASTEXT_PLAIN && !name->role ? LEVEL_TAG :
	                                                              name->level + 1;
	return true;
}
