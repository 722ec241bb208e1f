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

/* The cost of turning a into b. */
static size_t cost(const char *a, const char *b)
{
	enum { INSERT = 1, SUBSTITUTE = 2, DELETE = 3 };
	size_t rows[3][LEN_MAX + 1]; /* two characters ago, one ago, now */
	size_t alen = strnlen(a, LEN_MAX);
	size_t blen = strnlen(b, LEN_MAX);

	for (size_t j = 0; j <= blen; j++)
		rows[0][j] = j * INSERT;
	for (size_t i = 1; i <= alen; i++) {
		size_t *now = rows[i % 3];
		const size_t *ago = rows[(i + 2) % 3];
		const size_t *ago2 = rows[(i + 1) % 3];

		now[0] = i * DELETE;
		for (size_t j = 1; j <= blen; j++) {
			now[j] =
				smallest(now[j - 1] + INSERT, ago[j] + DELETE,
			                 ago[j - 1] +
			                         (a[i - 1] != b[j - 1] ? SUBSTITUTE : 0));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && ago2[j - 2] < now[j])
				now[j] = ago2[j - 2];
		}
	}
	return rows[alen % 3][blen];
}

const char *suggest_near(const char *name, const char *const names[], size_t count)
{
	enum { FAR = 7 };
	size_t best_cost = FAR - 1; /* git counts from 1 */
	const char *best = NULL;

	for (size_t i = 0; i < count && name[0] != '\0'; i++) {
		size_t here = cost(name, names[i]);

		if (here < best_cost) {
			best = names[i];
			best_cost = here;
		}
	}
	return best;
}
