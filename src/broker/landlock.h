/* SPDX-License-Identifier: MIT */
/*
 * landlock.h - restrict this process and its children to files and ports (landlock(7),
 * Linux 5.13).
 *
 *     struct landlock *land = landlock_new();
 *     landlock_allow(land, "/etc", LANDLOCK_READ);
 *     version = landlock_close(land);
 *
 * On an older kernel less is restricted, on other systems nothing, without an error. What
 * is open stays open.  No function blocks.
 */
#ifndef BROKER_LANDLOCK_H
#define BROKER_LANDLOCK_H

#include <stdint.h>

struct landlock;

enum landlock_use {
	LANDLOCK_READ,  /* read and list, and run programs */
	LANDLOCK_USE,   /* and write to existing files */
	LANDLOCK_CHANGE /* and create, rename and remove */
};

/* NULL where the kernel has no Landlock; all functions allow that. */
struct landlock *landlock_new(void);

/* Allow the folder path and all below it, or the one file; one that does not exist is
 * left out. */
void landlock_allow(struct landlock *land, const char *path, enum landlock_use use);

/* Allow TCP connections to this port of any host (Linux 6.7). */
void landlock_allow_port(struct landlock *land, uint16_t port);

/* Refuse all else from now on; frees land.  The version of Landlock in force, or 0.  Sets
 * "no new privileges", which Landlock and seccomp require. */
int landlock_close(struct landlock *land);

/* Refuse all sockets of the file system from now on, for connect(2) and sendmsg(2), but
 * those of this process's own (Linux 7.1).  After landlock_close(). */
void landlock_refuse_sockets(void);

#endif
