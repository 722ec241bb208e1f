/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

char strbuf_empty[1];

static void drop(struct strbuf *sb)
{
	if (sb->cap == 0)
		return;
	if (sb->secret)
		mem_wipe(sb->data, sb->cap);
	free(sb->data);
}

void strbuf_reserve(struct strbuf *sb, size_t extra)
{
	size_t need = sb->len + extra + 1;
	size_t cap = sb->cap < 64 ? 64 : sb->cap;
	char *grown;

	if (need <= sb->cap)
		return;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;

	/* Not realloc(): it could leave an unwiped copy of a secret behind. */
	grown = xcalloc(cap, 1);
	memcpy(grown, sb->data, sb->len);
	drop(sb);
	sb->data = grown;
	sb->cap = cap;
}

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	strbuf_reserve(sb, len);
	memcpy(sb->data + sb->len, bytes, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void strbuf_adds(struct strbuf *sb, const char *str)
{
	strbuf_add(sb, str, strlen(str));
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len <= 0)
		return;

	strbuf_reserve(sb, (size_t)len);
	va_start(ap, fmt);
	(void)vsnprintf(sb->data + sb->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	sb->len += (size_t)len;
}

bool strbuf_same(const struct strbuf *a, const struct strbuf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

char *strbuf_last_line(struct strbuf *sb)
{
	char *newline;

	while (sb->len > 0 && strchr("\r\n", sb->data[sb->len - 1]) != NULL)
		sb->data[--sb->len] = '\0';
	newline = strrchr(sb->data, '\n');
	return newline != NULL ? newline + 1 : sb->data;
}

void strbuf_clear(struct strbuf *sb)
{
	if (sb->cap == 0)
		return;
	if (sb->secret)
		mem_wipe(sb->data, sb->cap);
	sb->len = 0;
	sb->data[0] = '\0';
}

void strbuf_release(struct strbuf *sb)
{
	drop(sb);
	sb->data = strbuf_empty;
	sb->len = 0;
	sb->cap = 0;
}

char *strbuf_detach(struct strbuf *sb)
{
	char *str;

	strbuf_reserve(sb, 0);
	str = sb->data;
	sb->data = strbuf_empty;
	sb->len = 0;
	sb->cap = 0;
	return str;
}
