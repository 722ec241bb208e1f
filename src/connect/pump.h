/* SPDX-License-Identifier: MIT */
/*
 * pump.h - copy bytes between a client's two descriptors and one connection, for clients
 * that take no descriptor.
 */
#ifndef CONNECT_PUMP_H
#define CONNECT_PUMP_H

struct error;

/*
 * Copy in to fd and fd to out.  At the end of in, fd is shut down for writing, and what
 * it still sends goes to out.  At the end of fd, what is left goes to out and the pump
 * returns.  It also returns when out has no reader any more.
 *
 * Blocks for the length of the session.  Makes all three non-blocking and restores in and
 * out; allocates nothing; in and out may be one descriptor.  SIGPIPE must be ignored.
 * Returns 0, or -1 with ERROR_INTERNAL when a descriptor is none.
 */
int pump_run(int in, int out, int fd, struct error *err);

#endif
