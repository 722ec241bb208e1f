/* SPDX-License-Identifier: MIT */
/* A list of strings, and the nearest one. */

#include <stdlib.h>

#include "base/strbuf.h"
#include "base/strvec.h"
#include "base/suggest.h"
#include "tap.h"

static const struct {
	const char *text, *words; /* joined by '|' */
} splits[] = {
	{ "", "" },
	{ " \t ", "" },
	{ "one", "one" },
	{ " one  two\tthree ", "one|two|three" },
	{ "a\nb c", "a\nb|c" }, /* a newline is no blank */
	{ "'a b'", "'a|b'" },   /* no quoting */
};

static void test_splits(void)
{
	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		struct strvec v = STRVEC_INIT;
		struct strbuf out = STRBUF_INIT;

		strvec_split(&v, splits[i].text);
		for (size_t k = 0; k < v.count; k++)
			strbuf_addf(&out, "%s%s", k > 0 ? "|" : "", v.items[k]);
		is_str(out.data, splits[i].words, "split %zu", i);
		strvec_release(&v);
		strbuf_release(&out);
	}
}

static void test_list(void)
{
	struct strvec v = STRVEC_INIT;
	char word[] = "one";
	int wrong = 0;

	ok(!strvec_has(&v, "one") && v.items == NULL, "an empty strvec has no word");
	strvec_push(&v, word);
	word[0] = 'x';
	is_str(v.items[0], "one", "a word that is added is copied");
	strvec_pushf(&v, "%s-%d", "two", 2);
	is_str(v.items[1], "two-2", "a word that is added can be formatted");
	ok(strvec_has(&v, "two-2") && !strvec_has(&v, "two"),
	   "a word is found only whole");
	for (int i = 0; i < 1000; i++) {
		strvec_pushf(&v, "%d", i);
		wrong += v.items[v.count] != NULL;
	}
	ok(wrong == 0 && v.count == 1002,
	   "a strvec ends with NULL after each of 1000 words");
	strvec_release(&v);
	ok(v.count == 0 && v.items == NULL, "a released strvec is empty");
	strvec_release(&v);
}

static const struct {
	const char *name, *candidate;
	size_t cost;
} costs[] = {
	{ "", "abc", SUGGEST_FAR },
	{ "lion", "lion", 0 },
	{ "lion", "lino", 0 },
	{ "lon", "lion", 1 },
	{ "lian", "lion", 2 },
	{ "lionx", "lion", 3 },
	{ "lionxy", "lion", SUGGEST_FAR },
	{ "lion", "myapp-lion", 0 },
	{ "li", "myapp-lion", SUGGEST_FAR },
	{ "abc", "xbz", SUGGEST_FAR },
	{ "myapp-bear", "myapp-lion", SUGGEST_FAR },
	{ "myapp-lions", "myapp-lion", 3 },
};

static void test_nearest(void)
{
	static const char *const names[] = { "stacks", "profile", "identity", "keys" };
	char huge[1000];

	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++)
		ok(suggest_cost(costs[i].name, costs[i].candidate) == costs[i].cost,
		   "'%s' is so far from '%s' as git counts", costs[i].name,
		   costs[i].candidate);
	is_str(suggest_near("stack", names, 4), "stacks",
	       "the nearest word to stack is stacks");
	is_str(suggest_near("key", names, 4), "keys", "the nearest word to key is keys");
	ok(suggest_near("zebra", names, 4) == NULL, "no word is near to zebra");
	ok(suggest_near("", names, 4) == NULL, "no word is near to none");
	memset(huge, 'i', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	ok(suggest_near(huge, names, 4) == NULL, "no word is near to a very long one");
}

int main(void)
{
	test_splits();
	test_list();
	test_nearest();
	return done_testing();
}
