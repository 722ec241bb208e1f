/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/error.h"

static const int statuses[] = {
	[ERROR_NONE] = EX_OK,
	[ERROR_USAGE] = EX_USAGE,
	[ERROR_NO_HOST] = EX_NOINPUT,
	[ERROR_UNAVAILABLE] = EX_UNAVAILABLE,
	[ERROR_INTERNAL] = EX_SOFTWARE,
	[ERROR_RETRY] = EX_TEMPFAIL,
	[ERROR_DENIED] = EX_NOPERM,
	[ERROR_CONFIG] = EX_CONFIG,
	[ERROR_TRUST] = EX_CONFIG,
	[ERROR_OUTPUT] = EX_IOERR,
	[ERROR_CLIENT_GONE] = EX_UNAVAILABLE,
};

__attribute__((format(printf, 3, 0))) static void set(struct error *err,
                                                      enum error_code code,
                                                      const char *fmt, va_list ap)
{
	err->code = code;
	err->cause = CAUSE_OTHER;
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

static void append(struct error *err, const char *before, const char *text)
{
	size_t len = strlen(err->text);

	(void)snprintf(err->text + len, sizeof(err->text) - len, "%s%s", before, text);
}

int error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, code, fmt, ap);
	va_end(ap);
	return -1;
}

/* strerror(), without the words that clients of ssh act upon when they read them on its
 * stderr ("Permission denied", "Connection refused", "timed out" and the like). */
static const char *reason(int number)
{
	switch (number) {
	case EACCES: return "access denied";
	case ENOENT: return "does not exist";
	case ECONNREFUSED: return "nothing listens there";
	case ETIMEDOUT: return "no answer in time";
	default: return strerror(number);
	}
}

int error_errno(struct error *err, enum error_code code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	set(err, code, fmt, ap);
	va_end(ap);
	append(err, ": ", reason(saved));
	return -1;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
	char rest[sizeof(err->text)];
	va_list ap;

	memcpy(rest, err->text, sizeof(rest));
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	append(err, ": ", rest);
	return -1;
}

int error_hint(struct error *err, const char *fmt, ...)
{
	char command[sizeof(err->text)];
	va_list ap;

	if (strstr(err->text, " run: ") != NULL)
		return -1; /* a lower layer has named a command */
	va_start(ap, fmt);
	(void)vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	append(err, "; run: ", command);
	return -1;
}

int error_exit_status(enum error_code code)
{
	return statuses[code];
}

enum error_code error_from_status(int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i] == status)
			return (enum error_code)i;
	}
	return ERROR_INTERNAL;
}
