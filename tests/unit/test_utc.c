/* SPDX-License-Identifier: MIT */
/* utc.c beside the C library's own calendar. */
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "runtime/utc.h"
#include "tap.h"

static bool agrees(int64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[UTC_TEXT];
	char wanted[UTC_TEXT];
	struct tm tm;

	utc_text(seconds, 7, text);
	return gmtime_r(&when, &tm) != NULL &&
	       strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S.007Z", &tm) > 0 &&
	       strcmp(text, wanted) == 0;
}

int main(void)
{
	static const struct {
		const char *what;
		int64_t seconds;
	} moments[] = {
		{ "the epoch", 0 },
		{ "the last second of a year", 31535999 },
		{ "the leap day of 2000", 951782400 },
		{ "the day after it", 951868800 },
		{ "1 March of a year without one", 1677628800 },
		{ "28 February 2100, which is no leap year", 4107456000 },
		{ "the day after it", 4107542400 },
		{ "after 2038", 4102444800 },
		{ "the last second that there is", 253402300799 },
	};
	char text[UTC_TEXT];
	bool all = true;

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
		ok(agrees(moments[i].seconds), "%s", moments[i].what);
	for (int64_t day = 0; day < 100000; day++)
		all = all && agrees(day * 86400 + day % 86400);
	ok(all, "every day for 270 years");
	utc_text(-5, 0, text);
	is_str(text, "1970-01-01T00:00:00.000Z", "what lies before is the beginning");
	utc_text(INT64_MAX, 999, text);
	is_str(text, "9999-12-31T23:59:59.999Z", "what lies behind is the end");
	return done_testing();
}
