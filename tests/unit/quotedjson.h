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

/* The document in text, which the caller frees; NULL with a remark. */
static struct json *parsed(const char *text)
{
	struct error err = ERROR_INIT;
	char *copy = xstrdup(text);
	struct json *doc;

	for (char *p = copy; *p != '\0'; p++) {
		if (*p == '\'')
			*p = '"';
	}
	doc = json_parse(copy, strlen(copy), &err);
	free(copy);
	if (doc == NULL)
		printf("# not JSON: %s: %s\n", err.text, text);
	return doc;
}

#endif
