/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>

#include "base/deadline.h"
#include "base/strbuf.h"
#include "sshconfig/diff.h"
#include "tap.h"

static bool diff(const char *a, size_t a_len, const char *b, size_t b_len,
                 struct strbuf *out)
{
	return diff_unified(&(struct diff_text){ "a/config", a, a_len },
	                    &(struct diff_text){ "b/config", b, b_len }, out);
}

static const struct {
	const char *a, *b, *out;
} cases[] = {
	{ "", "", "" },
	{ "x\n", "x\n", "" },
	{ "", "x\n", "@@ -0,0 +1,1 @@\n+x\n" },
	{ "x\n", "", "@@ -1,1 +0,0 @@\n-x\n" },
	{ "x", "x\n", "@@ -1,1 +1,1 @@\n-x\n\\ No newline at end of file\n+x\n" },
	{ "x\ny", "z\ny", "@@ -1,2 +1,2 @@\n-x\n+z\n y\n\\ No newline at end of file\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nfive\n6\n7\n8\n",
	  "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n",
	  "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -6,3 +7,4 @@\n 6\n 7\n 8\n+9\n" },
	{ "1\n2\n3\n4\n5\n6\n", "0\n1\n2\n3\n4\n5\n6\n7\n",
	  "@@ -1,6 +1,8 @@\n+0\n 1\n 2\n 3\n 4\n 5\n 6\n+7\n" },
	{ "a\na\nb\na\na\n", "a\na\na\na\n", "@@ -1,5 +1,4 @@\n a\n a\n-b\n a\n a\n" },
	/* behind the only anchor, U, a line that stands there more than once is kept */
	{ "1\nU\nx\nx\n2\n", "3\nU\nx\n4\nx\n5\n",
	  "@@ -1,5 +1,6 @@\n-1\n+3\n U\n x\n+4\n x\n-2\n+5\n" },
	/* a line that stands twice in one of them is kept where it fits */
	{ "x\nB\nC\nD\nx\nE\n", "1\nB\nC\nD\nx\n2\n",
	  "@@ -1,6 +1,6 @@\n-x\n+1\n B\n C\n D\n x\n-E\n+2\n" },
};

/* What patch(1) does, as strictly as can be: every context line must be right. */
static bool apply(const char *a, const char *patch, struct strbuf *out)
{
	size_t at = 1; /* the next line of a */

	while (*patch != '\0') {
		size_t from, count, ignored, more;

		if (sscanf(patch, "@@ -%zu,%zu +%zu,%zu @@", &from, &count, &ignored,
		           &more) != 4)
			return false;
		from += count == 0;
		for (; at < from; at++) {
			size_t len = strcspn(a, "\n") + 1;

			strbuf_add(out, a, len);
			a += len;
		}
		patch = strchr(patch, '\n') + 1;
		while (*patch == ' ' || *patch == '-' || *patch == '+') {
			char sign = *patch++;
			size_t len = strcspn(patch, "\n") + 1;
			const char *next = patch + len;
			bool cut = next[0] == '\\';

			if (sign != '+' && strncmp(a, patch, len - cut) != 0)
				return false;
			if (sign != '-')
				strbuf_add(out, patch, len - cut);
			if (sign != '+') {
				a += len - cut;
				at++;
				count--;
			}
			more -= sign != '-';
			patch = cut ? strchr(next, '\n') + 1 : next;
		}
		if (count != 0 || more != 0)
			return false;
	}
	strbuf_adds(out, a);
	return true;
}

static void test_round_trip(const struct strbuf *a, const struct strbuf *b,
                            const char *what)
{
	struct strbuf patch = STRBUF_INIT;
	struct strbuf out = STRBUF_INIT;
	bool differ = diff(a->data, a->len, b->data, b->len, &patch);
	const char *hunks = strstr(patch.data, "@@");

	ok(differ == (strcmp(a->data, b->data) != 0), "%s: is there a difference?", what);
	ok(apply(a->data, hunks == NULL ? "" : hunks, &out) &&
	           strcmp(out.data, b->data) == 0,
	   "%s: the patch makes the one the other", what);
	strbuf_release(&patch);
	strbuf_release(&out);
}

/* A small generator, the same everywhere. */
static unsigned next_random(void)
{
	static unsigned state = 1;

	state = state * 1103515245u + 12345u;
	return state >> 16;
}

static void random_text(struct strbuf *text, unsigned lines, unsigned kinds)
{
	for (unsigned i = 0; i < lines; i++)
		strbuf_addf(text, "%u\n", next_random() % kinds);
	if (lines > 0 && next_random() % 4 == 0)
		strbuf_adds(text, "end");
}

static void test_random(void)
{
	for (unsigned i = 0; i < 500; i++) {
		struct strbuf a = STRBUF_INIT;
		struct strbuf b = STRBUF_INIT;
		char what[40];

		random_text(&a, next_random() % 60, 1 + i % 30);
		random_text(&b, next_random() % 60, 1 + i % 30);
		(void)snprintf(what, sizeof(what), "random texts %u", i);
		test_round_trip(&a, &b, what);
		strbuf_release(&a);
		strbuf_release(&b);
	}
}

static void add_host(struct strbuf *text, unsigned i, const char *user)
{
	strbuf_addf(text, "\nHost app-%u\n  HostName app-%u\n  User %s\n  Port 22\n", i,
	            i, user);
	strbuf_addf(text,
	            "  IdentitiesOnly yes\n  UpdateHostKeys no\n  ProxyUseFdpass yes\n"
	            "  ServerAliveInterval 15\n  ServerAliveCountMax 3\n"
	            "  UserKnownHostsFile ~/.ssh/cxssh/known_hosts\n"
	            "  ProxyCommand /usr/local/bin/cxssh-proxy %08x %%p\n",
	            i);
}

static void test_big(void)
{
	struct strbuf a = STRBUF_INIT;
	struct strbuf b = STRBUF_INIT;
	struct strbuf out = STRBUF_INIT;
	int64_t began;

	for (unsigned i = 0; i < 10000; i++) {
		if (i % 1000 != 7)
			add_host(&a, i, "deploy");
		if (i % 1000 != 3)
			add_host(&b, i, i % 500 == 10 ? "root" : "deploy");
	}
	ok(a.len > 2000000, "two texts of %zu bytes", a.len);
	began = deadline_now_ms();
	(void)diff(a.data, a.len, b.data, b.len, &out);
	began = deadline_now_ms() - began;
	ok(began < 1000, "are compared in %d ms", (int)began);
	ok(out.len < 20000, "and the difference is short: %zu bytes", out.len);
	test_round_trip(&a, &b, "big texts");
	strbuf_release(&a);
	strbuf_release(&b);
	strbuf_release(&out);
}

/* No line of theirs is unique, or none is common: it must not search for ever. */
static void test_worst(void)
{
	struct strbuf a = STRBUF_INIT;
	struct strbuf b = STRBUF_INIT;
	int64_t began = deadline_now_ms();

	random_text(&a, 100000, 3);
	random_text(&b, 100000, 3);
	test_round_trip(&a, &b, "long texts of three kinds of lines");
	strbuf_clear(&b);
	for (unsigned i = 0; i < 100000; i++)
		strbuf_addf(&b, "other %u\n", i);
	test_round_trip(&a, &b, "long texts with nothing in common");
	ok(deadline_now_ms() - began < 5000, "the worst takes %d ms",
	   (int)(deadline_now_ms() - began));
	strbuf_release(&a);
	strbuf_release(&b);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf out = STRBUF_INIT;
		struct strbuf want = STRBUF_INIT;
		bool differ = diff(cases[i].a, strlen(cases[i].a), cases[i].b,
		                   strlen(cases[i].b), &out);

		if (differ)
			strbuf_adds(&want, "--- a/config\n+++ b/config\n");
		strbuf_adds(&want, cases[i].out);
		is_str(out.data, want.data, "case %zu", i);
		strbuf_release(&out);
		strbuf_release(&want);
	}
	test_random();
	test_big();
	test_worst();
	return done_testing();
}
