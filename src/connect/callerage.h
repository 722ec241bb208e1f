/* SPDX-License-Identifier: MIT */
/*
 * callerage.h - how long the client has been running before it started the proxy.
 *
 * ssh reads its configuration first, and that may take seconds: a Match exec, a slow
 * resolver.  A user, or a program that runs ssh, counts them too.
 */
#ifndef CONNECT_CALLERAGE_H
#define CONNECT_CALLERAGE_H

#include <stdint.h>

/* Milliseconds since the parent process was started, in steps of a clock tick (10 ms);
 * 0 where the system does not tell (only Linux's /proc is asked).  Does not block. */
int64_t callerage_ms(void);

/* Milliseconds that the parent process has waited for a processor since then; 0 where the
 * system does not tell (likewise).  Does not block. */
int64_t callerage_queued_ms(void);

#endif
