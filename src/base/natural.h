/* SPDX-License-Identifier: MIT */
/*
 * natural.h - the order of names for readers: "ant9" is before "ant10".
 */
#ifndef BASE_NATURAL_H
#define BASE_NATURAL_H

struct strvec;

/* Below, above or equal to 0 as strcmp(); ignores case, and compares numbers by their
 * value: "Ant2" and "ant02" are equal. */
int natural_compare(const char *a, const char *b);

void natural_sort(struct strvec *list);

#endif
