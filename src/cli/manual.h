/* SPDX-License-Identifier: MIT */
/*
 * manual.h - finds commands and options in the table of cli/manualtable.h.
 *
 * Nothing here blocks.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/manualtable.h"

/*
 * The entry of the words: the longest one that begins so, "key refresh" before "key".
 * *words, where not NULL, is how many belong to its name.  NULL: there is none.
 */
const struct manual *manual_find(int argc, char *const argv[], int *words);

/* The entry of this name, which must be in the table. */
const struct manual *manual_named(const char *name);

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

#endif
