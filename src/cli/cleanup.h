/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h - remove what killed cxssh processes left.  Nothing here blocks.
 */
#ifndef CLI_CLEANUP_H
#define CLI_CLEANUP_H

/*
 * Remove temporary files of killed processes from every folder that cxssh writes into
 * (tmpsweep.h); they may hold private keys and tokens.  A draft of ~/.ssh/config that has
 * the user's own lines in it, and no other copy of them, is kept; stderr says where.
 */
void cleanup_sweep(void);

/* Remove cxssh's lock files from the folders that other programs use, too. */
void cleanup_sweep_locks(void);

#endif
