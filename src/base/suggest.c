/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/suggest.h"

enum { LEN_MAX = 64 };

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
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

size_t suggest_cost(const char *name, const char *candidate)
{
	enum { FAR = 7, CONTAINED_MIN = 3 };
	size_t len = strlen(name);
	size_t limit = len / 2 + 1 < FAR ? len / 2 + 1 : FAR - 1;
	size_t found = cost(name, candidate);

	if (len >= CONTAINED_MIN && strstr(candidate, name) != NULL)
		return 0;
	return len > 0 && len <= LEN_MAX && found <= limit ? found : SUGGEST_FAR;
}

const char *suggest_near(const char *name, const char *const names[], size_t count)
{
	size_t best_cost = SUGGEST_FAR;
	const char *best = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t here = suggest_cost(name, names[i]);

		if (here < best_cost) {
			best = names[i];
			best_cost = here;
		}
	}
	return best;
}
