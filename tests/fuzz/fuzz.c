/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

void fuzz_prepare(void)
{
	static const char *const folders[] = { "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
		                               "XDG_RUNTIME_DIR" };

	/* Below a file there can be nothing: no log, no cache, no lock. */
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		(void)setenv(folders[i], "/dev/null/none", 1);
	(void)unsetenv("CXDEBUG");
	(void)unsetenv("CXSSH_BASE_URL");
	(void)unsetenv("CXTOKEN");
}

void fuzz_failed(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

char *fuzz_copy(const void *data, size_t size)
{
	char *copy = malloc(size + 1);

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

bool fuzz_part(struct fuzz_parts *parts, const uint8_t **bytes, size_t *len)
{
	static const char separator[] = "\n%%\n";
	const size_t width = sizeof(separator) - 1;
	const uint8_t *end;

	if (parts->at == NULL)
		return false;
	*bytes = parts->at;
	*len = parts->left;
	end = parts->left == 0 ? NULL : memmem(parts->at, parts->left, separator, width);
	if (end == NULL) {
		parts->at = NULL;
		return true;
	}
	*len = (size_t)(end - parts->at);
	parts->at += *len + width;
	parts->left -= *len + width;
	return true;
}

char *fuzz_text(struct fuzz_parts *parts)
{
	const uint8_t *bytes = NULL;
	size_t len = 0;

	(void)fuzz_part(parts, &bytes, &len);
	return fuzz_copy(bytes, len);
}

bool fuzz_is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

bool fuzz_is_harmless(const char *text)
{
	return fuzz_is_printable(text) && text[0] != '-' &&
	       strpbrk(text, " \"'`\\$%&;|<>(){}[]*?!#^~") == NULL;
}

bool fuzz_is_file_name(const char *text)
{
	return fuzz_is_harmless(text) && text[0] != '\0' && text[0] != '.' &&
	       strstr(text, "..") == NULL && strchr(text, '/') == NULL;
}

bool fuzz_same(const struct strbuf *a, const struct strbuf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}
