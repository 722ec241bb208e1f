/* SPDX-License-Identifier: MIT */
/*
 * includeprompt.h - show and ask about ~/.ssh/config: the Include line, or the block of
 * hosts in its place.
 *
 * On stdin and stdout; how the file is changed is in sshconfig/userfile.h, whose errors
 * these functions return.  Those that change the file block for its lock, up to
 * INCLUDEPROMPT_EDIT_MS.
 */
#ifndef CLI_INCLUDEPROMPT_H
#define CLI_INCLUDEPROMPT_H

#include <stdbool.h>

struct error;
struct strbuf;
struct strvec;
struct userfile;

enum { INCLUDEPROMPT_EDIT_MS = 20000 /* for one edit of the file */ };

/* Print the Include line as a diff.  Blocks as showdiff_print(). */
int includeprompt_show(const struct userfile *file, struct error *err);

/*
 * Add the line where it is missing: with yes at once, else after the user agreed on the
 * terminal; a "no" is remembered.  0 also when it was not added.  Blocks for the answer.
 */
int includeprompt_ensure(const struct userfile *file, bool yes, struct error *err);

/* Does ssh see the generated hosts: by the Include line, or the block?  False also where
 * that cannot be read.  Does not block. */
bool includeprompt_is_included(void);

/* Does the file have the block of hosts?  -1 with ERROR_CONFIG when its marks do not
 * match.  Does not block. */
enum includeprompt_block { BLOCK_ABSENT = 0, BLOCK_PRESENT = 1 };
int includeprompt_has_block(const struct userfile *file, struct error *err);

/* Would writing the block of these hosts change the file?  print shows the diff. */
enum includeprompt_change { BLOCK_SAME = 0, BLOCK_CHANGED = 1 };
int includeprompt_compare_block(const struct userfile *file, const struct strbuf *hosts,
                                bool print, struct error *err);

/* Warn on stderr of the user's own hosts that have one of these names (sorted) and stand
 * below the Include line, so that the generated host wins.  Does not block. */
int includeprompt_warn(const struct userfile *file, const struct strvec *names,
                       struct error *err);

/* As includeprompt_ensure() with all hosts as a block; a "no" is not remembered.  A block
 * that is there is replaced without a question. */
int includeprompt_ensure_block(const struct userfile *file, bool yes, struct error *err);

#endif
