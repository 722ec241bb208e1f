/* SPDX-License-Identifier: MIT */
/*
 * syncuserfile.h - the end of cxssh sync: ~/.ssh/config gets the lines that are missing,
 * and the user is warned of what overrides the generated hosts.
 */
#ifndef COMMAND_SYNCUSERFILE_H
#define COMMAND_SYNCUSERFILE_H

#include <stdbool.h>

struct error;
struct fleet;
struct userfile;

/*
 * Ask, unless yes is set, and add the lines; where inline_block is set or the file has a
 * block of hosts, write that.  Prints on stdout and warns on stderr.  Blocks for the
 * answer, without the inventory lock.  Errors as userfile.h.
 */
int syncuserfile_update(const struct userfile *file, const struct fleet *fleet,
                        bool inline_block, bool yes, struct error *err);

#endif
