/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/suggest.h"

enum { LEN_MAX = 64 };

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

size_t suggest_distance(const char *a, const char *b)
{
	size_t row[LEN_MAX + 1];
	size_t alen = strnlen(a, LEN_MAX);
	size_t blen = strnlen(b, LEN_MAX);

	for (size_t j = 0; j <= blen; j++)
		row[j] = j;
	for (size_t i = 1; i <= alen; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= blen; j++) {
			size_t above = row[j];

			row[j] = smallest(row[j] + 1, row[j - 1] + 1,
			                  diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[blen];
}

const char *suggest(const char *name, const char *const names[], size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++) {
		if (suggest_distance(name, names[i]) <
		    suggest_distance(name, names[best]))
			best = i;
	}
	return names[best];
}
