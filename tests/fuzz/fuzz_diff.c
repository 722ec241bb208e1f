/* SPDX-License-Identifier: MIT */
/*
 * What changes between two texts: applied to the first it gives the second, and the other
 * way round.
 *
 * Input: the two texts.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "fuzz.h"
#include "sshconfig/diff.h"

struct patching {
	const char *at; /* in the patch */
	const char *end;
	const char *from; /* in the text that it is applied to */
	const char *stop;
	struct strbuf out;
};

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline == NULL ? end : newline + 1;
}

/* Take the next line of the patch's text, which must be what stands in the source. */
static void take_source(struct patching *p, const char *line, size_t len, bool keep)
{
	require((size_t)(p->stop - p->from) >= len && memcmp(p->from, line, len) == 0);
	p->from += len;
	if (keep)
		strbuf_add(&p->out, line, len);
}

/* Copy lines up to the one that a hunk begins with. */
static void copy_until(struct patching *p, const char *start, size_t number)
{
	size_t at = 1;

	for (const char *c = start; c < p->from; c++)
		at += *c == '\n';
	for (; at < number && p->from < p->stop; at++) {
		const char *next = line_end(p->from, p->stop);

		strbuf_add(&p->out, p->from, (size_t)(next - p->from));
		p->from = next;
	}
}

static void apply_hunk(struct patching *p, char gone, char come)
{
	while (p->at < p->end && *p->at != '@') {
		char sign = *p->at;
		const char *line = p->at + 1;
		const char *next = line_end(p->at, p->end);
		size_t len = (size_t)(next - line);

		p->at = next;
		if (p->at < p->end && *p->at == '\\') {
			p->at = line_end(p->at, p->end);
			len--; /* its newline is the patch's own */
		}
		require(sign == ' ' || sign == gone || sign == come);
		if (sign == come)
			strbuf_add(&p->out, line, len);
		else
			take_source(p, line, len, sign == ' ');
	}
}

/* Does the patch make b of a?  gone is the sign of a's lines. */
static void apply(const struct strbuf *patch, const struct strbuf *a,
                  const struct strbuf *b, char gone)
{
	struct patching p = { .at = patch->data,
		              .end = patch->data + patch->len,
		              .from = a->data,
		              .stop = a->data + a->len,
		              .out = STRBUF_INIT };

	p.at = line_end(line_end(p.at, p.end), p.end); /* the heading */
	while (p.at < p.end) {
		size_t start[2];
		size_t count[2];
		size_t side = gone == '-' ? 0 : 1;

		require(sscanf(p.at, "@@ -%zu,%zu +%zu,%zu @@", &start[0], &count[0],
		               &start[1], &count[1]) == 4);
		copy_until(&p, a->data, start[side] + (count[side] == 0));
		p.at = line_end(p.at, p.end);
		apply_hunk(&p, gone, gone == '-' ? '+' : '-');
	}
	strbuf_add(&p.out, p.from, (size_t)(p.stop - p.from));
	require(fuzz_same(&p.out, b));
	strbuf_release(&p.out);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	struct fuzz_parts parts = { data, size };
	struct strbuf a = STRBUF_INIT;
	struct strbuf b = STRBUF_INIT;
	struct strbuf patch = STRBUF_INIT;
	const uint8_t *bytes = NULL;
	size_t len = 0;
	bool differ;

	(void)fuzz_part(&parts, &bytes, &len);
	strbuf_add(&a, bytes, len);
	len = 0;
	(void)fuzz_part(&parts, &bytes, &len);
	strbuf_add(&b, bytes, len);
	differ = diff_unified(&(struct diff_text){ "a", a.data, a.len },
	                      &(struct diff_text){ "b", b.data, b.len }, &patch);
	require(differ == !fuzz_same(&a, &b) && differ == (patch.len > 0));
	if (differ) {
		apply(&patch, &a, &b, '-');
		apply(&patch, &b, &a, '+');
	}
	strbuf_release(&patch);
	strbuf_release(&b);
	strbuf_release(&a);
}
