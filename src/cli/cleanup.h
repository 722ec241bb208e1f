/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h - after processes that were killed.
 */
#ifndef CLI_CLEANUP_H
#define CLI_CLEANUP_H

/*
 * Remove what cxssh processes had begun to write and were killed over, from every
 * folder that they write into (tmpsweep.h).  It matters most for private keys and
 * tokens, which nobody would look for under such names.  A draft
 * of ~/.ssh/config with somebody else's change in it is kept, and stderr says where.
 */
void cleanup_sweep(void);

/* Remove our lock files from the folders that are the user's, too. */
void cleanup_sweep_locks(void);

#endif
