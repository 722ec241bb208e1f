/* SPDX-License-Identifier: MIT */
/*
 * error.h - a failure as a code for the caller and a sentence for the user.
 *
 * Modules below the commands never print.  They fill a struct error, return -1 or NULL,
 * and the caller adds the context that it knows.  Nothing here blocks or fails.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

enum error_code {
	ERROR_NONE = 0,
	ERROR_USAGE,       /* the command line is wrong */
	ERROR_NO_HOST,     /* the host, stack or file does not exist */
	ERROR_UNAVAILABLE, /* a peer was not reached in time, or broke its protocol */
	ERROR_INTERNAL,    /* a system call failed, or a bug */
	ERROR_RETRY,       /* the same call may work later */
	ERROR_DENIED,      /* login or permission */
	ERROR_CONFIG,      /* configuration, or a file that cannot be read or written */
	ERROR_TRUST,       /* a host key differs from the recorded one */
	ERROR_OUTPUT,      /* standard output cannot be written */
	ERROR_CLIENT_GONE, /* the client has ended: there is no reader of a reason */
};

/* What a caller acts upon and the code does not tell.  error_set() clears it; what adds
 * to the message keeps it. */
enum error_cause {
	CAUSE_OTHER = 0,
	CAUSE_SILENT,        /* a host that does not answer at all */
	CAUSE_NOT_LISTENING, /* the host is there, and its port is closed */
	CAUSE_UNTRUSTED,     /* a certificate that no wait mends */
	CAUSE_CLOCK,         /* the same, because of this computer's clock */
	CAUSE_REJECTED,      /* the API answers that the call itself is wrong (4xx) */
	CAUSE_UNREADABLE,    /* a file that cannot be opened, or is none */
};

struct error {
	enum error_code code;
	enum error_cause cause;
	char text[512];
};

#define ERROR_INIT \
	{ \
		.code = ERROR_NONE \
	}

/*
 * Record a failure.  Always returns -1, so that a function can fail in one line:
 * return error_set(err, ERROR_USAGE, "no such field: %s", name);
 * A message that does not fit is cut.
 */
int error_set(struct error *err, enum error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set(), and ": " plus the text of errno after it. */
int error_errno(struct error *err, enum error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Put the caller's context and ": " in front of the message.  Keeps the code.  Always
 * returns -1.
 */
int error_prefix(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Append the command that helps, "; run: cxssh sync", unless the message names one.
 * Always returns -1. */
int error_hint(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The exit status (sysexits.h) for a code, and the first code for a status. */
int error_exit_status(enum error_code code);
enum error_code error_from_status(int status);

#endif
