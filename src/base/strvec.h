/* SPDX-License-Identifier: MIT */
/*
 * strvec.h - a list of strings that grows; an argv when passed as .items.
 */
#ifndef BASE_STRVEC_H
#define BASE_STRVEC_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

struct strvec {
	char **items; /* owned strings; NULL-terminated unless empty and never used */
	size_t count;
	size_t cap;
};

#define STRVEC_INIT \
	{ \
		.items = NULL \
	}

void strvec_push(struct strvec *v, const char *str); /* copies str */
void strvec_pushf(struct strvec *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool strvec_has(const struct strvec *v, const char *str);
void strvec_push_once(struct strvec *v, const char *str); /* unless v has it */

/* Sort by bytes; binary search in a sorted list. */
void strvec_sort(struct strvec *v);
bool strvec_has_sorted(const struct strvec *v, const char *str);

/* Push each blank-separated word of text. */
void strvec_split(struct strvec *v, const char *text);

/* Append all items to *out, separated by separator. */
void strvec_join(const struct strvec *v, const char *separator, struct strbuf *out);

/* Free everything; v is as new. */
void strvec_release(struct strvec *v);

#endif
