/* SPDX-License-Identifier: MIT */
/*
 * match.h - which lines of two texts belong together, the lines being numbers.
 *
 * First what is alike at both ends, then, between, lines that stand exactly once
 * in both (patience diff): in generated files these are many, and they keep the
 * work near the length of the text.  What is left is compared in all ways if that
 * is short work (Myers), and else counts as replaced.
 */
#ifndef SSHCONFIG_MATCH_H
#define SSHCONFIG_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct match_side {
	const uint32_t *ids; /* equal numbers are equal lines; all below ids_end */
	bool *kept;          /* filled in: has a partner; all false before */
	size_t count;
};

/* Mark partners: the n-th kept one of a belongs to the n-th kept one of b, and is
 * equal to it. */
void match_lines(const struct match_side *a, const struct match_side *b, size_t ids_end);

#endif
