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

/* Called for an option in turn; -1 with err ends. */
typedef int options_fn(char letter, const char *value, void *cookie, struct error *err);

/* Where an option goes; a list of them ends with a letter of 0. */
struct options_place {
	char letter;
	bool *flag;        /* becomes true */
	const char **text; /* ... or becomes the value, borrowed from argv */
	options_fn *call;  /* ... or is called with the cookie */
	void *cookie;
};

/*
 * Put the options of argv, whose first words are the command's name, into their places;
 * argv is permuted so that the operands come last.  places may be NULL where the command
 * has no options.  Returns the index of the first of min to max operands, or -1.
 */
int options_parse(int argc, char *argv[], const struct options_place *places, int min,
                  int max, struct error *err);

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
