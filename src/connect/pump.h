/* SPDX-License-Identifier: MIT */
/*
 * pump.h - carry bytes between a caller's two descriptors and one connection,
 * for callers that do not take a descriptor.
 */
#ifndef CONNECT_PUMP_H
#define CONNECT_PUMP_H

struct error;

/*
 * Copy in to fd and fd to out.  When in ends, the connection is told so
 * (shutdown) and what it still says goes to out; when the connection ends, what
 * is left goes to out and the pump is done, whatever in does.  When nobody reads
 * out any more there is nobody to serve, and that is an ordinary end.
 *
 * Blocks for the length of the session.  Makes all three non-blocking and puts in
 * and out back; allocates nothing; in and out may be one descriptor.  SIGPIPE
 * must be ignored.  Returns 0, or -1 with err.
 */
int pump_run(int in, int out, int fd, struct error *err);

#endif
