/* SPDX-License-Identifier: MIT */
/*
 * tunnelstate.h - the tunnels of this user that run: a small file for each, and a lock
 * that its process holds as long as it lives.
 *
 * Files are tunnels/PID in the folder for sockets.  Nothing here blocks unless said.
 */
#ifndef COMMAND_TUNNELSTATE_H
#define COMMAND_TUNNELSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"
#include "cli/forward.h"

struct error;

struct tunnelstate {
	int pid;
	char *host; /* the alias */
	struct forwards forwards;
	bool connected; /* false: it tries to connect again */
	int64_t since;  /* seconds since the epoch */
};

void tunnelstate_release(struct tunnelstate *state);

/* Take the lock of this process: a descriptor for tunnelstate_end(), or -1 with the
 * errors of lock_take(). */
int tunnelstate_begin(struct error *err);
void tunnelstate_end(int lock);

/* Write the file of this process; state->pid does not count.  -1 with ERROR_CONFIG. */
int tunnelstate_write(const struct tunnelstate *state, struct error *err);

/* All tunnels that run, an array that the caller frees after tunnelstate_release() of
 * each.  Files of dead processes are removed.  Returns how many. */
size_t tunnelstate_list(struct tunnelstate **states);

/* End the process of a tunnel.  Blocks until it has ended, at most until the deadline:
 * ERROR_RETRY. */
int tunnelstate_stop(int pid, struct deadline until, struct error *err);

#endif
