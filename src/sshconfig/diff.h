/* SPDX-License-Identifier: MIT */
/*
 * diff.h - what changes between two texts, as "diff -u" shows it and patch(1)
 * takes it.
 *
 * Always right, and not always the shortest: where large pieces have nothing in
 * common it does not search for long.
 */
#ifndef SSHCONFIG_DIFF_H
#define SSHCONFIG_DIFF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

struct diff_text {
	const char *name; /* what the heading calls it; "/dev/null" for no file */
	const char *text;
	size_t len;
};

/*
 * Append to *out what has to be done to a for b: three lines of context, as many
 * hunks as there are places.  False, and nothing appended, when they are equal.
 */
bool diff_unified(const struct diff_text *a, const struct diff_text *b,
                  struct strbuf *out);

#endif
