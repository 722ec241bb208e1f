/* SPDX-License-Identifier: MIT */
#ifdef __APPLE__
#define __STDC_WANT_LIB_EXT1__ 1 /* memset_s() */
#endif
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

_Noreturn void mem_exhausted(void)
{
	(void)fputs("out of memory\n", stderr);
	exit(70);
}

void *xcalloc(size_t count, size_t size)
{
	void *ptr = calloc(count, size);

	if (ptr == NULL)
		mem_exhausted();
	return ptr;
}

void *xrealloc_array(void *ptr, size_t count, size_t size)
{
	void *grown;

	/* realloc(ptr, 0) may free ptr and return NULL. */
	if (count == 0 || size == 0 || count > SIZE_MAX / size)
		mem_exhausted();
	grown = realloc(ptr, count * size);
	if (grown == NULL)
		mem_exhausted();
	return grown;
}

void *xgrow_array(void *ptr, size_t count, size_t size)
{
	bool full = (count & (count - 1)) == 0; /* 0, 1, 2, 4, 8, ... */

	return full ? xrealloc_array(ptr, count > 0 ? count * 2 : 1, size) : ptr;
}

char *xstrdup(const char *str)
{
	char *copy = strdup(str);

	if (copy == NULL)
		mem_exhausted();
	return copy;
}

char *xstrdup_or_null(const char *str)
{
	return str != NULL ? xstrdup(str) : NULL;
}

char *xstrndup(const char *str, size_t len)
{
	char *copy = strndup(str, len);

	if (copy == NULL)
		mem_exhausted();
	return copy;
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *str;

	if (vasprintf(&str, fmt, ap) < 0)
		mem_exhausted();
	return str;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *str;

	va_start(ap, fmt);
	str = xvasprintf(fmt, ap);
	va_end(ap);
	return str;
}

char *mem_lower(char *text)
{
	for (char *c = text; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return text;
}

void mem_wipe(void *ptr, size_t len)
{
	if (ptr == NULL)
		return;
#ifdef __APPLE__
	(void)memset_s(ptr, len, 0, len);
#else
	explicit_bzero(ptr, len);
#endif
}

void mem_free_secret(char *str)
{
	if (str == NULL)
		return;
	mem_wipe(str, strlen(str));
	free(str);
}
