/* SPDX-License-Identifier: MIT */
/*
 * error.h - what went wrong, in a form a caller can act on and a user can read.
 *
 * Rooms below the commands never print.  They fill a struct error, return -1
 * or NULL, and let the caller add what only the caller knows.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

enum error_code {
	ERROR_NONE = 0,
	ERROR_USAGE,       /* the command line is wrong */
	ERROR_NO_HOST,     /* the thing asked for does not exist */
	ERROR_UNAVAILABLE, /* a peer could not be reached in time, or answered nonsense */
	ERROR_INTERNAL, /* the operating system refused something, or a mistake of ours */
	ERROR_RETRY,    /* throttled: the same again later may work */
	ERROR_DENIED,   /* login or permission */
	ERROR_CONFIG,   /* configuration, or a file that cannot be read or written */
	ERROR_TRUST,    /* a host key is not the one we know */
};

struct error {
	enum error_code code;
	char text[512];
};

#define ERROR_INIT \
	{ \
		.code = ERROR_NONE \
	}

/*
 * Record a failure.  Always returns -1, so that a function can fail in one
 * line: return error_set(err, ERROR_USAGE, "no such field: %s", name);
 * A message that does not fit is cut short; it never fails.
 */
int error_set(struct error *err, enum error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set(), and ": " plus the text of errno after it. */
int error_errno(struct error *err, enum error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Put what the caller was doing in front of the message: "reading /x: " and
 * then what was there.  Keeps the code.  Always returns -1.
 */
int error_prefix(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Put the command that helps behind the message: "; run: cxssh sync".  Returns -1. */
int error_hint(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The process exit status (sysexits.h) that stands for this code, and back. */
int error_exit_status(enum error_code code);
enum error_code error_from_status(int status);

#endif
