/* SPDX-License-Identifier: MIT */
/*
 * history.h - the connections of the log: which step each proxy took, and when.
 *
 * The log is bounded (log-size, and one older file as long); of it the last 200
 * connections count.
 */
#ifndef DOCTOR_HISTORY_H
#define DOCTOR_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct error;

enum { HISTORY_MAX = 200 };

/*
 * One line of the log: "TIME PROGRAM[PID] TARGET +Nms STEP".  STEP may quote the API or a
 * server, so only the words before it identify the process.  Texts are not terminated.
 */
struct history_line {
	const char *at;
	size_t len;
	const char *process; /* "cxssh-proxy[123] TARGET" */
	size_t process_len;
	size_t program_len; /* of "cxssh-proxy[123]" */
	const char *step;
	size_t step_len;
};

enum history_result {
	HISTORY_UNFINISHED, /* under way, or interrupted */
	HISTORY_HANDED,     /* ssh has got the connection */
	HISTORY_CARRIED,    /* the proxy has carried the bytes */
	HISTORY_FAILED,
};

struct history_connection {
	struct history_line first, last; /* of its proxy */
	const char *from; /* the first line of any program since its start */
	enum history_result result;
};

struct history {
	struct strbuf text;
	struct history_connection connections[HISTORY_MAX]; /* the oldest first */
	size_t count;
};

/* Read the log.  history_release() is due in any case.  -1 with ERROR_CONFIG when it
 * cannot be read.  Does not block. */
int history_read(struct history *history, struct error *err);
void history_release(struct history *history);

/* Is it a connection to one of these two targets?  Each may be NULL; both: any is. */
bool history_is_to(const struct history_connection *connection, const char *target,
                   const char *second);

/* The last of these connections, or NULL. */
const struct history_connection *history_last(const struct history *history,
                                              const char *target, const char *second);

/*
 * Call each() for the lines of a connection: those of its proxy, and those that other
 * programs wrote meanwhile, but for proxies and for "cxssh open" of another server.
 */
void history_steps(const struct history_connection *connection,
                   void (*each)(const struct history_line *line, void *cookie),
                   void *cookie);

/* When a line was written, in ms since 1970; 0 when it does not say. */
int64_t history_when_ms(const struct history_line *line);

/* When its proxy was started: it writes no line of that. */
int64_t history_began_ms(const struct history_connection *connection);

/* The target of a connection; the caller frees it. */
char *history_target(const struct history_connection *connection);

/* What the proxy says of a failed one, behind "failed: "; the alias that one has reached,
 * or NULL.  The caller frees them. */
char *history_reason(const struct history_connection *connection);
char *history_reached(const struct history_connection *connection);

#endif
