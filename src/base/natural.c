/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/natural.h"
#include "base/strvec.h"

/* The number at *at without leading zeros, as its digits; *at moves behind it. */
static size_t take_digits(const char **at, const char **digits)
{
	size_t len;

	while (**at == '0' && isdigit((unsigned char)(*at)[1]))
		(*at)++;
	*digits = *at;
	for (len = 0; isdigit((unsigned char)**at); len++)
		(*at)++;
	return len;
}

int natural_compare(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		int order;

		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			const char *x;
			const char *y;
			size_t n = take_digits(&a, &x);
			size_t m = take_digits(&b, &y);

			order = n != m ? (n < m ? -1 : 1) : strncmp(x, y, n);
		} else {
			order = tolower((unsigned char)*a++) -
			        tolower((unsigned char)*b++);
		}
		if (order != 0)
			return order;
	}
	return (*a != '\0') - (*b != '\0');
}

static int compare_items(const void *a, const void *b)
{
	const char *x = *(char *const *)a;
	const char *y = *(char *const *)b;
	int order = natural_compare(x, y);

	return order != 0 ? order : strcmp(x, y);
}

void natural_sort(struct strvec *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), compare_items);
}
