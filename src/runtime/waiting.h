/* SPDX-License-Identifier: MIT */
/*
 * waiting.h - a person at a terminal is told what a command waits for.
 *
 * One line on stderr, after 300 ms, rewritten at most once a second, and gone when the
 * wait has ended.  Nothing is shown in a pipe, under CXDEBUG, or before waiting_allow():
 * cxssh-proxy and what it starts never call that.  The loops that wait call
 * waiting_tick(); for one thread.
 */
#ifndef RUNTIME_WAITING_H
#define RUNTIME_WAITING_H

#include <stdbool.h>
#include <stdint.h>

/* Is stderr a terminal, and this process in its foreground?  Does not block. */
bool waiting_is_seen(void);

/* For commands of a person: show lines where stderr is a terminal. */
void waiting_allow(void);

/* What is waited for from now on, until waiting_end(). */
void waiting_for(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The time that the line shows is that since since_ms (deadline_now_ms()): for a wait of
 * several steps. */
void waiting_began(int64_t since_ms);

/* The same as waiting_for() unless a reason is there already. */
void waiting_for_peer(const char *host);

/* The API of host takes no call for so long. */
void waiting_throttled(const char *host, int64_t wait_ms);

/* "in 4 min 12 s" for the seconds of a Retry-After; "later" for 0, which is none, and for
 * more than a day.  Returns out, or a literal. */
enum { WAITING_UNTIL_SIZE = 48 };
const char *waiting_until(int64_t seconds, char out[static WAITING_UNTIL_SIZE]);

/* Show or rewrite the line when it is due. */
void waiting_tick(void);

/* How long a loop may sleep until its next waiting_tick(): wait_ms or less. */
int waiting_slice(int wait_ms);

/* The wait is over: take the line away. */
void waiting_end(void);

#endif
