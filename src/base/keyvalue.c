/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "base/keyvalue.h"

enum { LINE_MAX_BYTES = 4096 };

char *keyvalue_trim(char *text)
{
	static const char blanks[] = " \t\r";
	char *end = text + strlen(text);

	while (end > text && strchr(blanks, end[-1]) != NULL)
		end--;
	*end = '\0';
	return text + strspn(text, blanks);
}

static int read_line(char *line, char *end, keyvalue_fn *each, void *cookie,
                     struct error *err)
{
	char *equals;
	char *key;

	if (end - line > LINE_MAX_BYTES ||
	    memchr(line, '\0', (size_t)(end - line)) != NULL)
		return error_set(err, ERROR_CONFIG, "too long, or not text");
	*end = '\0';
	key = keyvalue_trim(line);
	if (*key == '\0' || *key == '#')
		return 0;
	equals = strchr(key, '=');
	if (equals == NULL)
		return each(key, NULL, cookie, err);
	*equals = '\0';
	return each(keyvalue_trim(key), keyvalue_trim(equals + 1), cookie, err);
}

int keyvalue_each(char *text, size_t len, keyvalue_fn *each, void *cookie,
                  struct error *err)
{
	char *end = text + len; /* strbuf keeps a NUL here */
	size_t number = 0;

	for (char *line = text; line < end;) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *stop = newline != NULL ? newline : end;

		number++;
		if (read_line(line, stop, each, cookie, err) == -1)
			return error_prefix(err, "line %zu", number);
		line = stop + 1;
	}
	return 0;
}
