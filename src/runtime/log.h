/* SPDX-License-Identifier: MIT */
/*
 * log.h - what happened, with the time each step took.
 *
 * One line a step in ~/.cache/cxssh/log, 0600, bounded: at its size limit the
 * file becomes log.1.  ssh hides a ProxyCommand's stderr from the user under
 * ControlPersist (openssh.md C.2), so this is where the reason can be found.
 * With CXDEBUG set in the environment every line also goes to stderr, live.
 * No secret may be handed to this room: it cannot know one when it sees it.
 */
#ifndef RUNTIME_LOG_H
#define RUNTIME_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* Name the program and what it works on, from here on; target may be NULL, and
 * is copied; program is borrowed for the life of the process. */
void log_start(const char *program, const char *target, int64_t size_max);

/* One step done.  Never fails, never blocks for long; line breaks become '?'. */
void log_step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Is every step shown on stderr as well? */
bool log_is_live(void);

#endif
