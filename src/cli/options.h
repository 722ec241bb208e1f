/* SPDX-License-Identifier: MIT */
/*
 * options.h - command lines, parsed by the table of cli/manual.h.
 *
 * All errors are ERROR_USAGE, one line that names command and option.  Nothing here
 * blocks.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>

struct error;
struct manual;

/* Called for each option in turn; value is NULL where it takes none.  -1 with err ends.
 */
typedef int options_fn(char letter, const char *value, void *cookie, struct error *err);

/*
 * Call each() for the options of argv, whose first words are the command's name; argv is
 * permuted so that the operands come last.  each may be NULL where the command has none.
 * Returns the index of the first of min to max operands, or -1.
 */
struct options_range {
	int min, max;
};
int options_parse(int argc, char *argv[], options_fn *each, void *cookie,
                  struct options_range operands, struct error *err);

/*
 * Take the options of every command (manual_common) out of argv, wherever they stand;
 * *argc becomes smaller.  manual NULL: argv begins before the command, whose name ends
 * the search.  For a command with takes_command the first operand ends it.
 */
struct options_common {
	const char *profile; /* borrowed from argv, or NULL */
	const char *org;
	bool help;
};
int options_take_common(const struct manual *manual, int *argc, char *argv[],
                        struct options_common *common, struct error *err);

/* ERROR_USAGE "COMMAND: WHAT; run: cxssh COMMAND --help"; -1. */
int options_error(const struct manual *manual, struct error *err, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* For a command of subcommands without a known one in argv[1]; -1. */
int options_no_subcommand(int argc, char *argv[], struct error *err);

#endif
