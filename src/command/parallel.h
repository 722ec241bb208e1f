/* SPDX-License-Identifier: MIT */
/*
 * parallel.h - run a command on many hosts at once: "[host] line" for each line of
 * output, and a summary.
 */
#ifndef COMMAND_PARALLEL_H
#define COMMAND_PARALLEL_H

#include <stddef.h>

#include "base/strvec.h"

struct error;

struct parallel_job {
	const char *name;   /* the alias: prefix of its lines, name of its log */
	struct strvec argv; /* of ssh */
	int status;         /* out: exit status, or 128 + signal */
};

/*
 * Run all jobs, at most 64 at a time, with no input.  What they write goes to stdout and
 * stderr line by line, and to LOG_DIR/NAME.log where log_dir, a folder that is made if
 * missing, is not NULL.  A summary ends stderr, also after SIGINT, SIGTERM or SIGHUP,
 * which end the jobs.  Returns the worst status, 128 + signal, or -1 with ERROR_CONFIG
 * where nothing was started.  Blocks until all have ended; ssh and cxssh-proxy have
 * deadlines of their own, the command has none.
 */
int parallel_run(struct parallel_job *jobs, size_t count, const char *log_dir,
                 struct error *err);

#endif
