/* SPDX-License-Identifier: MIT */
/*
 * includeprompt.h - talk with a person about ~/.ssh/config: the Include line that makes
 * ssh see our hosts, or the block of them in its place.
 *
 * Shows, asks and says what was done, on stdin and stdout; how the file is changed is
 * sshconfig/userfile.h's business, whose errors these functions return.
 */
#ifndef CLI_INCLUDEPROMPT_H
#define CLI_INCLUDEPROMPT_H

#include <stdbool.h>

struct error;
struct strbuf;
struct strvec;
struct userfile;

enum { INCLUDEPROMPT_EDIT_MS = 20000 /* for one edit of the file */ };

/* Print the line as a diff, as it will stand. */
int includeprompt_show(const struct userfile *file, struct error *err);

/*
 * Put the line there where it is missing: with yes at once, else after a person said
 * so, whose no is remembered.  0 also when it was not wanted.  Blocks for the answer.
 */
int includeprompt_ensure(const struct userfile *file, bool yes, struct error *err);

/* Does the file have the block of hosts?  1, 0, or -1 when its marks do not match. */
int includeprompt_has_block(const struct userfile *file, struct error *err);

/* Would a block of these hosts be a change?  1 or 0; print shows which, as a diff. */
int includeprompt_compare_block(const struct userfile *file, const struct strbuf *hosts,
                                bool print, struct error *err);

/* Warn on stderr of hosts of the user's own that have one of these names (sorted) and
 * stand below ours, so that ours wins; of the first few by file and line. */
int includeprompt_warn(const struct userfile *file, const struct strvec *names,
                       struct error *err);

/* The same as includeprompt_ensure() with all hosts as a block, where a person is asked
 * each time.  One that is there is renewed, and nobody is asked. */
int includeprompt_ensure_block(const struct userfile *file, bool yes, struct error *err);

#endif
