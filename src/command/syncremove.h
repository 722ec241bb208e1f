/* SPDX-License-Identifier: MIT */
/*
 * syncremove.h - cxssh sync --remove: takes everything that cxssh wrote out of ~/.ssh.
 */
#ifndef COMMAND_SYNCREMOVE_H
#define COMMAND_SYNCREMOVE_H

#include <stdbool.h>

struct error;
struct userfile;

/* Is there nothing to remove, not even a folder for the lock?  Does not block. */
bool syncremove_is_needless(const struct userfile *file);

/*
 * Remove the generated files, the lines or the block in the user's file, and end brokers,
 * whose connections would outlive what was removed.  Says what was removed.  The caller
 * holds the inventory lock.  Blocks and fails as userfile_remove().
 */
int syncremove_run(const struct userfile *file, struct error *err);

#endif
