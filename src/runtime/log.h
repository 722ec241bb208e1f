/* SPDX-License-Identifier: MIT */
/*
 * log.h - the steps of a connection with their times, in ~/.cache/cxssh/log.
 *
 * One line a step; the file has mode 0600 and becomes log.1 at its size limit.  ssh hides
 * a ProxyCommand's stderr under ControlPersist, so the reason of a failure is here.  With
 * CXDEBUG set each line also goes to stderr.  Callers must not pass secrets.
 */
#ifndef RUNTIME_LOG_H
#define RUNTIME_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begin: the program and its target appear in each line, and times count from here.
 * target is copied and may be NULL; program is borrowed for good; size_max is in bytes.
 */
void log_start(const char *program, const char *target, int64_t size_max);

/* Write one line; bytes that are not printable ASCII become '?'.  Waits for nothing but
 * the disk; a failure is ignored. */
void log_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same, to stderr under CXDEBUG only: for words of the user's, that may hold a
 * secret. */
void log_live(const char *text);

/*
 * Write "warning: ..." once for each text, and keep it (the first few, 250 bytes each)
 * for main() to print: log_kept_warning() of 0, 1, ... until it returns NULL.
 */
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *log_kept_warning(size_t index);

/* The stamp that a line of so many seconds ago begins with: "2026-11-22T18:02:13.123Z";
 * stamps are ordered as texts. */
enum { LOG_STAMP_SIZE = 32 };
void log_stamp(int64_t seconds_ago, char out[static LOG_STAMP_SIZE]);

/* Does each line go to stderr as well (CXDEBUG)? */
bool log_is_live(void);

#endif
