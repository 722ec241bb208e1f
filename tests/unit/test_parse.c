/* SPDX-License-Identifier: MIT */
/* Numbers from outside: whole, in range, or a sentence. */

#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "tap.h"

static const struct {
	const char *text;
	int64_t min, max;
	int64_t value;
	const char *complaint; /* NULL: it is a number */
} ints[] = {
	{ "0", 0, 10, 0, NULL },
	{ "10", 0, 10, 10, NULL },
	{ "-5", -5, 10, -5, NULL },
	{ "007", 0, 10, 7, NULL },
	{ "9223372036854775807", 0, INT64_MAX, INT64_MAX, NULL },
	{ "-9223372036854775808", INT64_MIN, 0, INT64_MIN, NULL },
	{ "11", 0, 10, 0, "11 is not between 0 and 10" },
	{ "-1", 0, 10, 0, "-1 is not between 0 and 10" },
	{ "9223372036854775808", 0, INT64_MAX, 0,
	  "9223372036854775808 is not between 0 and 9223372036854775807" },
	{ "-9223372036854775809", INT64_MIN, 0, 0,
	  "-9223372036854775809 is not between -9223372036854775808 and 0" },
	{ "99999999999999999999999999999999999999999999999999999999999999999999", 0, 10,
	  0,
	  "999999999999999999999999999999999999999999999999999999999999 is not between 0 "
	  "and 10" },
	{ "", 0, 10, 0, "'' is not a number" },
	{ "-", -10, 10, 0, "'-' is not a number" },
	{ "--1", -10, 10, 0, "'--1' is not a number" },
	{ "+1", 0, 10, 0, "'+1' is not a number" },
	{ " 1", 0, 10, 0, "' 1' is not a number" },
	{ "1 ", 0, 10, 0, "'1 ' is not a number" },
	{ "1\n", 0, 10, 0, "'1?' is not a number" },
	{ "\033[2J", 0, 10, 0, "'?[2J' is not a number" },
	{ "1x", 0, 10, 0, "'1x' is not a number" },
	{ "0x10", 0, 100, 0, "'0x10' is not a number" },
	{ "1e3", 0, 10000, 0, "'1e3' is not a number" },
	{ "1.5", 0, 10, 0, "'1.5' is not a number" },
	{ "ten", 0, 10, 0, "'ten' is not a number" },
};

static void test_ints(void)
{
	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
		struct error err = ERROR_INIT;
		int64_t value = 4711;
		int rc = parse_int(ints[i].text, ints[i].min, ints[i].max, &value, &err);

		if (ints[i].complaint == NULL) {
			ok(rc == 0 && value == ints[i].value, "'%s' is %" PRId64,
			   ints[i].text, ints[i].value);
			continue;
		}
		ok(rc == -1 && err.code == ERROR_USAGE && value == 4711,
		   "case %zu is refused", i);
		is_str(err.text, ints[i].complaint,
		       "a refused number is named with its reason");
	}
}

static const struct {
	const char *text;
	uint16_t port; /* 0: refused */
	const char *complaint;
} ports[] = {
	{ "22", 22, NULL },
	{ "1", 1, NULL },
	{ "65535", 65535, NULL },
	{ "0", 0, "port: 0 is not between 1 and 65535" },
	{ "65536", 0, "port: 65536 is not between 1 and 65535" },
	{ "4294967318", 0,
	  "port: 4294967318 is not between 1 and 65535" }, /* 22 in 32 bits */
	{ "ssh", 0, "port: 'ssh' is not a number" },
	{ "%p", 0, "port: '%p' is not a number" },
	{ "", 0, "port: '' is not a number" },
};

static void test_ports(void)
{
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		struct error err = ERROR_INIT;
		uint16_t port = 0;
		int rc = parse_port(ports[i].text, &port, &err);

		ok(rc == (ports[i].port == 0 ? -1 : 0) && port == ports[i].port,
		   "port '%s' is %s", ports[i].text,
		   ports[i].port == 0 ? "refused" : "taken");
		if (rc == -1)
			is_str(err.text, ports[i].complaint,
			       "a refused port is named with its reason");
	}
}

static const struct {
	const char *text;
	int64_t seconds; /* -1: refused */
} times[] = {
	{ "0", 0 },
	{ "90", 90 },
	{ "90s", 90 },
	{ "10m", 600 },
	{ "2h", 7200 },
	{ "1d", 86400 },
	{ "366d", 31622400 },
	{ "31622400", 31622400 },
	{ "0d", 0 },
	{ "", -1 },
	{ "m", -1 },
	{ "10M", -1 },
	{ "10 m", -1 },
	{ " 10m", -1 },
	{ "10mm", -1 },
	{ "1h30m", -1 },
	{ "-1", -1 },
	{ "-1m", -1 },
	{ "1.5h", -1 },
	{ "367d", -1 },
	{ "31622401", -1 },
	{ "never", -1 },
	{ "10m\n", -1 },
	{ "99999999999999999999999", -1 },
	{ "000000000000000000000000000000000010m", -1 },
};

static void test_times(void)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct error err = ERROR_INIT;
		int64_t seconds = -1;
		int rc = parse_seconds(times[i].text, &seconds, &err);

		ok(rc == (times[i].seconds == -1 ? -1 : 0) &&
		           (rc == -1 ? err.code == ERROR_USAGE :
		                       seconds == times[i].seconds),
		   "time %zu is %s", i, times[i].seconds == -1 ? "refused" : "taken");
	}
}

static void test_huge(void)
{
	enum { MANY = 1024 * 1024 };
	struct error err = ERROR_INIT;
	char *digits = xcalloc(MANY + 1, 1);
	int64_t value;

	memset(digits, '7', MANY);
	ok(parse_int(digits, 0, INT64_MAX, &value, &err) == -1 && strlen(err.text) < 200,
	   "a megabyte of digits is refused in a short line");
	ok(parse_seconds(digits, &value, &err) == -1 && strlen(err.text) < 200,
	   "a megabyte of digits is refused as a time in a short line");
	(void)parse_seconds("\033[2J, and long enough to be no time", &value, &err);
	is_str(err.text,
	       "'?[2J, and long enough to be no time' is not a time, such as 30s, 10m, "
	       "1h or 1d, of "
	       "a year at most",
	       "a long number is shown in plain text");
	free(digits);
}

int main(void)
{
	test_ints();
	test_ports();
	test_times();
	test_huge();
	return done_testing();
}
