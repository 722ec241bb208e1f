/* SPDX-License-Identifier: MIT */
/*
 * syncwatch.h - cxssh sync --watch: one sync after the other, until a signal.
 */
#ifndef COMMAND_SYNCWATCH_H
#define COMMAND_SYNCWATCH_H

struct error;

typedef int syncwatch_fn(void *cookie, struct error *err);

/*
 * Call sync() every five minutes and on SIGHUP, print its errors on stderr and go on.
 * SIGINT and SIGTERM end the program: between two calls it returns 0, in one the signal
 * ends the process at once.  Blocks until then.
 */
int syncwatch_run(syncwatch_fn *sync, void *cookie);

#endif
