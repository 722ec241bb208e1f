/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/parse.h"

int parse_int(const char *text, int64_t min, int64_t max, int64_t *value,
              struct error *err)
{
	char shown[61]; /* text may be from anywhere; shown goes to a terminal */
	char *end;
	intmax_t number;

	(void)printable_text(text, shown, sizeof(shown));
	/* strtoimax() would take leading blanks and a plus sign too. */
	if (*text != '-' && (*text < '0' || *text > '9'))
		return error_set(err, ERROR_USAGE, "'%s' is not a number", shown);

	errno = 0;
	number = strtoimax(text, &end, 10);
	if (end == text || *end != '\0')
		return error_set(err, ERROR_USAGE, "'%s' is not a number", shown);
	if (errno == ERANGE || number < min || number > max)
		return error_set(err, ERROR_USAGE,
		                 "%s is not between %" PRId64 " and %" PRId64, shown, min,
		                 max);
	*value = number;
	return 0;
}

int parse_port(const char *text, uint16_t *port, struct error *err)
{
	int64_t number = 0;

	if (parse_int(text, 1, UINT16_MAX, &number, err) == -1)
		return error_prefix(err, "port");
	*port = (uint16_t)number;
	return 0;
}

static int not_a_time(const char *text, struct error *err)
{
	char shown[61];

	return error_set(err, ERROR_USAGE,
	                 "'%s' is not a time, such as 30s, 10m, 1h or 1d, of a year at "
	                 "most",
	                 printable_text(text, shown, sizeof(shown)));
}

int parse_seconds(const char *text, int64_t *seconds, struct error *err)
{
	static const struct {
		char suffix;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const int64_t year = 366 * 86400;
	char digits[24];
	size_t len = strlen(text);
	int64_t factor = 1;

	if (len == 0 || len >= sizeof(digits))
		return not_a_time(text, err);
	memcpy(digits, text, len + 1);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (digits[len - 1] == units[i].suffix) {
			factor = units[i].seconds;
			digits[len - 1] = '\0';
			break;
		}
	}
	if (parse_int(digits, 0, year / factor, seconds, err) == -1)
		return not_a_time(text, err);
	*seconds *= factor;
	return 0;
}
