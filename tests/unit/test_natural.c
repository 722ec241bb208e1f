/* SPDX-License-Identifier: MIT */
/* The order of names with numbers in them. */
#include "base/natural.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "tap.h"

static const struct {
	const char *a, *b;
	int order; /* -1, 0 or 1 */
} names[] = {
	{ "ant9", "ant10", -1 },
	{ "ant10", "ant9", 1 },
	{ "ANT9", "ant9", 0 },
	{ "ant", "ant1", -1 },
	{ "ant01", "ant1", 0 },
	{ "a1b2", "a1b10", -1 },
	{ "", "a", -1 },
	{ "0", "00", 0 },
	{ "bear", "ant99", 1 },
	{ "99999999999999999999999", "100000000000000000000000", -1 },
};

int main(void)
{
	struct strvec list = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int order = natural_compare(names[i].a, names[i].b);

		ok((order > 0) - (order < 0) == names[i].order,
		   "%s and %s are in their order", names[i].a, names[i].b);
	}
	natural_sort(&list);
	ok(list.count == 0, "an empty list is sorted");
	strvec_split(&list, "ant10 Ant2 bear ant1 ant2 ant01");
	natural_sort(&list);
	strvec_join(&list, " ", &text);
	is_str(text.data, "ant01 ant1 Ant2 ant2 ant10 bear",
	       "a list is sorted by the values of numbers, equal ones by their bytes");
	strbuf_release(&text);
	strvec_release(&list);
	return done_testing();
}
