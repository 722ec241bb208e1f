/* SPDX-License-Identifier: MIT */
/*
 * help.h - what "cxssh help" and --help print of the table in cli/manual.h.
 *
 * Nothing here blocks.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

struct manual;

/* Print the commands; the help of one, with its subcommands. */
void help_print_commands(FILE *to);
void help_print(const struct manual *manual, FILE *to);

/*
 * Print on stdout for tests and completion, one a line, separated by tabs:
 *   command NAME OPERANDS SUMMARY
 *   option COMMAND -L --NAME VALUE    ("-" for no short form, "" for no value)
 * The options of every command have the COMMAND "*".
 */
void help_print_list(void);

#endif
