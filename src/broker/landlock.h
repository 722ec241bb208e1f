/* SPDX-License-Identifier: MIT */
/*
 * landlock.h - give up files and ports for good (landlock(7), Linux 5.13): what was
 * not allowed beforehand can then not be opened, by us or by what we start.
 *
 *     struct landlock *land = landlock_new();
 *     landlock_allow(land, "/etc", LANDLOCK_READ);
 *     version = landlock_close(land);
 *
 * Speaks to the kernel itself, with no library, and asks it first what it knows: on
 * an older one, and on other systems, less or nothing is given up, without an error.
 * What is open already stays so.  A connect to a socket's path is not a matter of
 * files here.  Knows no folder of ours.
 */
#ifndef BROKER_LANDLOCK_H
#define BROKER_LANDLOCK_H

#include <stdint.h>

struct landlock;

enum landlock_use {
	LANDLOCK_READ,  /* read and list, and run programs */
	LANDLOCK_USE,   /* and write to what is there */
	LANDLOCK_CHANGE /* and make, rename and remove */
};

/* NULL where the kernel has no Landlock; all functions allow that. */
struct landlock *landlock_new(void);

/* Allow the folder path and all below it, or the one file.  One that is not there is
 * left out. */
void landlock_allow(struct landlock *land, const char *path, enum landlock_use use);

/* Allow TCP connections to this port, of any host (Linux 6.7). */
void landlock_allow_port(struct landlock *land, uint16_t port);

/*
 * Give up the rest; frees land.  The version of Landlock that holds us now, or 0.
 * Sets "no new privileges", which Landlock and seccomp want.
 */
int landlock_close(struct landlock *land);

#endif
