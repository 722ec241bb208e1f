/* SPDX-License-Identifier: MIT */
/*
 * manualtable.h - the table of all commands with their options: the one source of help,
 * usage errors, option parsing, and of the list that tests compare the man page with.
 * cli/manual.h searches it.
 */
#ifndef CLI_MANUALTABLE_H
#define CLI_MANUALTABLE_H

#include <stdbool.h>

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

/* Ends with a name of NULL, as do the options of every command. */
extern const struct manual manual_table[];
extern const struct manual_option manual_common[];

#endif
