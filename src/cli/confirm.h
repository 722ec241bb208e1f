/* SPDX-License-Identifier: MIT */
/*
 * confirm.h - a question on the terminal that is answered by yes or no.
 */
#ifndef CLI_CONFIRM_H
#define CLI_CONFIRM_H

#include <stdbool.h>

/*
 * Print question on stdout and read the answer from stdin, a terminal: y, yes, n or no in
 * any case; an empty line is the answer otherwise.  Anything else, Ctrl-D too, is asked
 * again; after three times Ctrl-D, or where stdin is closed, the answer is no.  Blocks
 * until then.
 */
bool confirm(const char *question, bool otherwise);

/* Are standard input and output a terminal? */
bool confirm_is_possible(void);

#endif
