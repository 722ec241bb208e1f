/* SPDX-License-Identifier: MIT */
/* quotedjson.h - JSON in the text of a test, with ' for ". */
#ifndef TESTS_UNIT_QUOTEDJSON_H
#define TESTS_UNIT_QUOTEDJSON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"

/* The caller frees it. */
static inline char *quoted_json(const char *text)
{
	char *copy = xstrdup(text);

	for (char *p = copy; *p != '\0'; p++) {
		if (*p == '\'')
			*p = '"';
	}
	return copy;
}

/* The document in text, which the caller frees; NULL with a remark. */
static inline struct json *parsed(const char *text)
{
	struct error err = ERROR_INIT;
	char *quoted = quoted_json(text);
	struct json *doc = json_parse(quoted, strlen(quoted), &err);

	free(quoted);
	if (doc == NULL)
		printf("# not JSON: %s: %s\n", err.text, text);
	return doc;
}

#endif
