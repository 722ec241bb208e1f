/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sshconfig/match.h"

enum { DEPTH_MAX = 64, EDITS_MAX = 256 };

/* Where a line stands; counts are all 0 outside find_anchors(). */
struct seen {
	uint32_t in_a, in_b;
	size_t where_b;
};

struct match {
	const struct match_side *a;
	const struct match_side *b;
	struct seen *seen; /* by id */
};

/* The piece that is looked at: [a, a_end) and [b, b_end). */
struct piece {
	size_t a, a_end;
	size_t b, b_end;
};

/* A line that stands once in both; previous is the anchor before it, as index
 * plus one, in the longest rising row that ends here. */
struct anchor {
	size_t a, b;
	size_t previous;
};

static void keep(const struct match *m, size_t a, size_t b)
{
	m->a->kept[a] = true;
	m->b->kept[b] = true;
}

static bool equal(const struct match *m, size_t a, size_t b)
{
	return m->a->ids[a] == m->b->ids[b];
}

/* Keep what is alike at both ends, and make the piece what is between. */
static void trim(const struct match *m, struct piece *p)
{
	while (p->a < p->a_end && p->b < p->b_end && equal(m, p->a, p->b))
		keep(m, p->a++, p->b++);
	while (p->a < p->a_end && p->b < p->b_end && equal(m, p->a_end - 1, p->b_end - 1))
		keep(m, --p->a_end, --p->b_end);
}

/* All lines that stand once in both sides of the piece, in the order of a. */
static size_t find_unique(const struct match *m, const struct piece *p,
                          struct anchor *list)
{
	size_t count = 0;

	for (size_t i = p->a; i < p->a_end; i++)
		m->seen[m->a->ids[i]].in_a++;
	for (size_t j = p->b; j < p->b_end; j++) {
		m->seen[m->b->ids[j]].in_b++;
		m->seen[m->b->ids[j]].where_b = j;
	}
	for (size_t i = p->a; i < p->a_end; i++) {
		const struct seen *seen = &m->seen[m->a->ids[i]];

		if (seen->in_a == 1 && seen->in_b == 1)
			list[count++] = (struct anchor){ .a = i, .b = seen->where_b };
	}
	for (size_t i = p->a; i < p->a_end; i++)
		m->seen[m->a->ids[i]].in_a = 0;
	for (size_t j = p->b; j < p->b_end; j++)
		m->seen[m->b->ids[j]].in_b = 0;
	return count;
}

/* Leave in list the longest row of anchors that rises in b, too. */
static size_t longest_rising(struct anchor *list, size_t count)
{
	/* ends[n]: the anchor that ends a row of n + 1 with the least b */
	size_t *ends = xcalloc(count + 1, sizeof(*ends));
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		size_t low = 0;
		size_t high = length;

		while (low < high) {
			size_t mid = (low + high) / 2;

			if (list[ends[mid]].b < list[i].b)
				low = mid + 1;
			else
				high = mid;
		}
		list[i].previous = low == 0 ? 0 : ends[low - 1] + 1;
		ends[low] = i;
		if (low == length)
			length++;
	}
	for (size_t n = length, at = length > 0 ? ends[length - 1] : 0; n-- > 0;) {
		ends[n] = at;
		at = list[at].previous - 1;
	}
	for (size_t n = 0; n < length; n++)
		list[n] = list[ends[n]];
	free(ends);
	return length;
}

/* Myers' greedy search: how far each diagonal gets with so many edits. */
struct search {
	long n, m;   /* lines of the piece in a and b */
	long *reach; /* rows of width long: before 0, 1, 2... edits, the last now */
	long width;
};

static long *row(const struct search *s, long edits)
{
	return s->reach + edits * s->width + EDITS_MAX +
	       1; /* so that [-edits] is in it */
}

/* Does the way to diagonal k go down, that is by a line of b? */
static bool goes_down(const long *v, long k, long edits)
{
	return k == -edits || (k != edits && v[k - 1] < v[k + 1]);
}

/* With one edit more; true when the end is reached. */
static bool step(const struct match *m, const struct piece *p, const struct search *s,
                 long edits)
{
	const long *old = row(s, edits);
	long *new = row(s, edits + 1);

	memcpy(new - EDITS_MAX - 1, old - EDITS_MAX - 1, (size_t)s->width * sizeof(*new));
	for (long k = -edits; k <= edits; k += 2) {
		long x = goes_down(old, k, edits) ? old[k + 1] : old[k - 1] + 1;
		long y = x - k;

		while (x < s->n && y < s->m &&
		       equal(m, p->a + (size_t)x, p->b + (size_t)y)) {
			x++;
			y++;
		}
		new[k] = x;
		if (x >= s->n && y >= s->m)
			return true;
	}
	return false;
}

/* From the end back to the beginning, keeping what the way went through. */
static void walk_back(const struct match *m, const struct piece *p,
                      const struct search *s, long edits)
{
	long x = s->n;
	long y = s->m;

	for (; edits >= 0; edits--) {
		const long *v = row(s, edits);
		long k = x - y;
		bool down = goes_down(v, k, edits);
		long from = down ? v[k + 1] : v[k - 1];
		long start = down ? from : from + 1; /* of the diagonal */

		while (x > start) {
			x--;
			y--;
			keep(m, p->a + (size_t)x, p->b + (size_t)y);
		}
		x = from;
		y = from - (down ? k + 1 : k - 1);
	}
}

static void compare_all_ways(const struct match *m, const struct piece *p)
{
	struct search s = { .n = (long)(p->a_end - p->a),
		            .m = (long)(p->b_end - p->b),
		            .width = 2 * EDITS_MAX + 3 };
	long most = s.n + s.m < EDITS_MAX ? s.n + s.m : EDITS_MAX;
	long edits = 0;

	s.reach = xcalloc((size_t)(most + 2) * (size_t)s.width, sizeof(*s.reach));
	while (edits <= most && !step(m, p, &s, edits))
		edits++;
	if (edits <= most)
		walk_back(m, p, &s, edits);
	free(s.reach);
}

/* Between the anchors the same again, DEPTH_MAX deep at the most. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void compare(const struct match *m, struct piece p, int depth)
{
	struct anchor *list;
	struct piece gap;
	size_t count;

	trim(m, &p);
	if (p.a == p.a_end || p.b == p.b_end)
		return;
	list = xcalloc(p.a_end - p.a, sizeof(*list));
	count = depth < DEPTH_MAX ? find_unique(m, &p, list) : 0;
	count = longest_rising(list, count);
	if (count == 0)
		compare_all_ways(m, &p);
	gap = p;
	for (size_t i = 0; i < count; i++) {
		gap.a_end = list[i].a;
		gap.b_end = list[i].b;
		compare(m, gap, depth + 1);
		keep(m, list[i].a, list[i].b);
		gap.a = list[i].a + 1;
		gap.b = list[i].b + 1;
	}
	gap.a_end = p.a_end;
	gap.b_end = p.b_end;
	if (count > 0)
		compare(m, gap, depth + 1);
	free(list);
}

void match_lines(const struct match_side *a, const struct match_side *b, size_t ids_end)
{
	struct match m = { .a = a, .b = b };

	m.seen = xcalloc(ids_end + 1, sizeof(*m.seen));
	compare(&m, (struct piece){ 0, a->count, 0, b->count }, 0);
	free(m.seen);
}
