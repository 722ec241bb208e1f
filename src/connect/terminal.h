/* SPDX-License-Identifier: MIT */
/*
 * terminal.h - one line on the user's terminal while a connection is waited for.
 */
#ifndef CONNECT_TERMINAL_H
#define CONNECT_TERMINAL_H

#include <stdbool.h>

/* Is stderr a terminal, and this process in its foreground?  Does not block. */
bool terminal_is_ours(void);

/* Write "WHAT (N s)" over the last such line, if N, in whole seconds, is another; ASCII.
 */
void terminal_show(const char *what, int seconds);

/* Remove the line, if there is one. */
void terminal_clear(void);

#endif
