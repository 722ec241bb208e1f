/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>

#include "runtime/utc.h"

enum { DAY_S = 86400 };

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_year(int year)
{
	return is_leap(year) ? 366 : 365;
}

static int days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month] + (month == 1 && is_leap(year) ? 1 : 0);
}

void utc_text(int64_t seconds, int ms, char out[static UTC_TEXT])
{
	static const int64_t last = 253402300799; /* of the year 9999 */
	int64_t when = seconds < 0 ? 0 : seconds < last ? seconds : last;
	int64_t days = when / DAY_S;
	unsigned int clock = (unsigned int)(when % DAY_S);
	int year = 1970;
	int month = 0;

	while (days >= days_of_year(year))
		days -= days_of_year(year++);
	while (days >= days_of_month(year, month))
		days -= days_of_month(year, month++);
	(void)snprintf(out, UTC_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
	               (unsigned int)year % 10000, (unsigned int)(month + 1) % 100,
	               (unsigned int)(days + 1) % 100, clock / 3600 % 24, clock / 60 % 60,
	               clock % 60, (unsigned int)ms % 1000);
}
