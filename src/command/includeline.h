/*
 * includeline.h - talk with a person about ~/.ssh/config: the Include line that makes
 * ssh see our hosts, or the block of them in its place.
 *
 * Shows, asks and says what was done, on stdin and stdout; how the file is changed is
 * sshconfig/userfile.h's business, whose errors these functions return.
 */
#ifndef COMMAND_INCLUDELINE_H
#define COMMAND_INCLUDELINE_H

#include <stdbool.h>

struct error;
struct userfile;

enum { INCLUDELINE_EDIT_MS = 20000 /* for one edit of the file */ };

/* Print the line as a diff, as it will stand. */
int includeline_show(const struct userfile *file, struct error *err);

/*
 * Put the line there where it is missing: with yes at once, else after a person said
 * so, whose no is remembered.  0 also when it was not wanted.  Blocks for the answer.
 */
int includeline_see_to(const struct userfile *file, bool yes, struct error *err);

/* The same with all hosts as a block; asks a person each time, but nobody else. */
int includeline_see_to_block(const struct userfile *file, bool yes, struct error *err);

#endif
