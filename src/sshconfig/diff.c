/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "sshconfig/diff.h"
#include "sshconfig/match.h"

enum { CONTEXT = 3 };

struct line {
	const char *text;
	size_t len; /* with its newline, if it has one */
};

struct side {
	struct line *lines;
	uint32_t *ids; /* the same for the same line, in both sides */
	bool *kept;
	size_t count;
};

/* A place where they differ: so many lines from there on go, so many come. */
struct change {
	size_t a, a_count;
	size_t b, b_count;
};

static void side_split(struct side *side, const struct diff_text *from)
{
	const char *end = from->text + from->len;
	size_t cap = 1;

	for (const char *p = from->text; p < end; p++)
		cap += *p == '\n';
	side->lines = xcalloc(cap, sizeof(*side->lines));
	side->ids = xcalloc(cap, sizeof(*side->ids));
	side->kept = xcalloc(cap, sizeof(*side->kept));
	side->count = 0;
	for (const char *p = from->text; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *next = newline == NULL ? end : newline + 1;

		side->lines[side->count++] = (struct line){ p, (size_t)(next - p) };
		p = next;
	}
}

static void side_release(struct side *side)
{
	free(side->lines);
	free(side->ids);
	free(side->kept);
}

/* Lines by content: slots hold the number of a line plus one; 0 is free. */
struct table {
	struct line *known; /* by id */
	uint32_t *slots;
	size_t mask;
	uint32_t count;
};

static uint32_t table_id(struct table *table, const struct line *line)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t at;

	for (size_t i = 0; i < line->len; i++)
		hash = (hash ^ (unsigned char)line->text[i]) * UINT64_C(0x100000001b3);
	for (at = (hash ^ hash >> 32) & table->mask; table->slots[at] != 0;
	     at = (at + 1) & table->mask) {
		const struct line *known = &table->known[table->slots[at] - 1];

		if (known->len == line->len &&
		    memcmp(known->text, line->text, line->len) == 0)
			return table->slots[at] - 1;
	}
	table->known[table->count] = *line;
	table->slots[at] = ++table->count;
	return table->count - 1;
}

/* Number the lines of both; returns how many different ones there are. */
static size_t number_lines(struct side *a, struct side *b)
{
	struct table table = { .mask = 15 };

	while (table.mask < 2 * (a->count + b->count))
		table.mask = 2 * table.mask + 1;
	table.slots = xcalloc(table.mask + 1, sizeof(*table.slots));
	table.known = xcalloc(a->count + b->count + 1, sizeof(*table.known));
	for (size_t i = 0; i < a->count; i++)
		a->ids[i] = table_id(&table, &a->lines[i]);
	for (size_t i = 0; i < b->count; i++)
		b->ids[i] = table_id(&table, &b->lines[i]);
	free(table.slots);
	free(table.known);
	return table.count;
}

/* The next change from (*at)'s end on; false if there is none. */
static bool next_change(const struct side *a, const struct side *b, struct change *at)
{
	size_t i = at->a + at->a_count;
	size_t j = at->b + at->b_count;

	while (i < a->count && j < b->count && a->kept[i] && b->kept[j]) {
		i++;
		j++;
	}
	*at = (struct change){ .a = i, .b = j };
	while (i < a->count && !a->kept[i])
		i++;
	while (j < b->count && !b->kept[j])
		j++;
	at->a_count = i - at->a;
	at->b_count = j - at->b;
	return at->a_count > 0 || at->b_count > 0;
}

static void put_lines(struct strbuf *out, char sign, const struct side *side, size_t from,
                      size_t count)
{
	for (const struct line *line = side->lines + from; count > 0; line++, count--) {
		strbuf_add(out, &sign, 1);
		strbuf_add(out, line->text, line->len);
		if (line->text[line->len - 1] != '\n')
			strbuf_adds(out, "\n\\ No newline at end of file\n");
	}
}

/* Line numbers begin with 1; an empty range is named by the line before it. */
static void put_range(struct strbuf *out, char sign, size_t from, size_t count)
{
	strbuf_addf(out, "%c%zu,%zu ", sign, count == 0 ? from : from + 1, count);
}

/* The changes of one hunk, with lines before, between and behind them. */
static void put_hunk(struct strbuf *out, const struct side *a, const struct side *b,
                     const struct change *changes, size_t count)
{
	const struct change *last = &changes[count - 1];
	size_t before = changes->a < CONTEXT ? changes->a : CONTEXT;
	size_t rest = a->count - last->a - last->a_count;
	size_t behind = rest < CONTEXT ? rest : CONTEXT;
	size_t at = changes->a - before;

	strbuf_adds(out, "@@ ");
	put_range(out, '-', at, last->a + last->a_count + behind - at);
	put_range(out, '+', changes->b - before,
	          last->b + last->b_count + behind - (changes->b - before));
	strbuf_adds(out, "@@\n");
	for (const struct change *c = changes; c <= last; c++) {
		put_lines(out, ' ', a, at, c->a - at);
		put_lines(out, '-', a, c->a, c->a_count);
		put_lines(out, '+', b, c->b, c->b_count);
		at = c->a + c->a_count;
	}
	put_lines(out, ' ', a, at, behind);
}

static void put_hunks(struct strbuf *out, const struct side *a, const struct side *b)
{
	struct change *changes = NULL;
	struct change at = { .a = 0 };
	size_t count = 0;
	size_t cap = 0;

	while (next_change(a, b, &at)) {
		if (count > 0 &&
		    at.a - changes[count - 1].a - changes[count - 1].a_count >
		            2 * CONTEXT) {
			put_hunk(out, a, b, changes, count);
			count = 0;
		}
		if (count == cap) {
			cap = cap == 0 ? 16 : cap * 2;
			changes = xrealloc_array(changes, cap, sizeof(*changes));
		}
		changes[count++] = at;
	}
	if (count > 0)
		put_hunk(out, a, b, changes, count);
	free(changes);
}

bool diff_unified(const struct diff_text *a, const struct diff_text *b,
                  struct strbuf *out)
{
	struct side old;
	struct side new;
	size_t ids;

	if (a->len == b->len && memcmp(a->text, b->text, a->len) == 0)
		return false;
	side_split(&old, a);
	side_split(&new, b);
	ids = number_lines(&old, &new);
	match_lines(&(struct match_side){ old.ids, old.kept, old.count },
	            &(struct match_side){ new.ids, new.kept, new.count }, ids);
	strbuf_addf(out, "--- %s\n+++ %s\n", a->name, b->name);
	put_hunks(out, &old, &new);
	side_release(&old);
	side_release(&new);
	return true;
}
