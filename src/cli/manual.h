/* SPDX-License-Identifier: MIT */
/*
 * manual.h - the table of all commands with their options: the one source of help, usage
 * errors, option parsing, and of the list that tests compare the man page with.
 *
 * Nothing here blocks.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdbool.h>
#include <stddef.h>

struct manual_option {
	char letter;       /* a capital letter: the option has no short form */
	const char *name;  /* of the long form, without "--" */
	const char *value; /* what stands for its value, or NULL: it takes none */
	const char *text;
};

struct manual {
	const char *name;                    /* "sync", "key refresh" */
	const char *operands;                /* "HOST [PORT]", or "" */
	const char *summary;                 /* one line */
	const char *text;                    /* more about it, or NULL */
	const struct manual_option *options; /* ends with a name of NULL; or NULL */
	const char *const *examples; /* command and explanation in turn, NULL; or NULL */
	bool takes_command;          /* the first operand ends the options */
	bool is_internal;            /* for cxssh-proxy: help does not list it */
};

/* Options of every command, ending with a name of NULL. */
extern const struct manual_option manual_common[];

/*
 * The entry of the words: the longest one that begins so, "key refresh" before "key".
 * *words, where not NULL, is how many belong to its name.  NULL: there is none.
 */
const struct manual *manual_find(int argc, char *const argv[], int *words);

/* The entry of this name, which must be in the table. */
const struct manual *manual_named(const char *name);

/* The entry of this index; NULL behind the last one. */
const struct manual *manual_at(size_t index);

/* The option of that name or letter, also of manual_common; NULL: there is none. */
const struct manual_option *manual_option(const struct manual *manual, const char *name,
                                          size_t len);
const struct manual_option *manual_option_letter(const struct manual *manual,
                                                 char letter);

/* The options of the entry alone, ending with a name of NULL. */
const struct manual_option *manual_options(const struct manual *manual);

/* Does the option have a short form? */
bool manual_has_letter(const struct manual_option *option);

/* Is it a command that help lists: not internal, and not a subcommand? */
bool manual_is_listed(const struct manual *manual);

/* Push the names of all commands that help lists, without subcommands. */
struct strvec;
void manual_names(struct strvec *names);

#endif
