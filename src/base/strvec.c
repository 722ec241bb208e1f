/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"

/* Takes ownership of str. */
static void push(struct strvec *v, char *str)
{
	if (v->count + 2 > v->cap) {
		v->cap = v->cap == 0 ? 8 : v->cap * 2;
		v->items = xrealloc_array(v->items, v->cap, sizeof(*v->items));
	}
	v->items[v->count++] = str;
	v->items[v->count] = NULL;
}

void strvec_push(struct strvec *v, const char *str)
{
	push(v, xstrdup(str));
}

void strvec_pushf(struct strvec *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	push(v, xvasprintf(fmt, ap));
	va_end(ap);
}

bool strvec_has(const struct strvec *v, const char *str)
{
	for (size_t i = 0; i < v->count; i++) {
		if (strcmp(v->items[i], str) == 0)
			return true;
	}
	return false;
}

void strvec_push_once(struct strvec *v, const char *str)
{
	if (!strvec_has(v, str))
		strvec_push(v, str);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strvec_sort(struct strvec *v)
{
	if (v->count > 0)
		qsort(v->items, v->count, sizeof(*v->items), compare);
}

bool strvec_has_sorted(const struct strvec *v, const char *str)
{
	return v->count > 0 &&
	       bsearch(&str, v->items, v->count, sizeof(*v->items), compare) != NULL;
}

void strvec_split(struct strvec *v, const char *text)
{
	static const char blanks[] = " \t";

	for (;;) {
		size_t len;

		text += strspn(text, blanks);
		len = strcspn(text, blanks);
		if (len == 0)
			return;
		push(v, xstrndup(text, len));
		text += len;
	}
}

void strvec_join(const struct strvec *v, const char *separator, struct strbuf *out)
{
	for (size_t i = 0; i < v->count; i++)
		strbuf_addf(out, "%s%s", i > 0 ? separator : "", v->items[i]);
}

void strvec_release(struct strvec *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strvec)STRVEC_INIT;
}
