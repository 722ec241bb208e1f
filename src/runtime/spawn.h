/* SPDX-License-Identifier: MIT */
/*
 * spawn.h - start another program without a shell, and wait for it no longer
 * than a deadline.
 */
#ifndef RUNTIME_SPAWN_H
#define RUNTIME_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/deadline.h"

struct error;
struct strbuf;

struct child {
	pid_t pid;  /* 0: none */
	int output; /* its stdout and stderr, readable, non-blocking; -1: none */
};

#define CHILD_INIT \
	{ \
		.output = -1 \
	}

/*
 * Start argv[0] (an absolute path) in a session of its own, stdin on /dev/null,
 * stdout and stderr into one pipe.  No other descriptor of ours reaches it, and no
 * secret of our environment (runtime/hardening).
 */
int spawn_start(char *const argv[], struct child *child, struct error *err);

/* The same for one that is to end when we do, however that happens, where the system
 * can see to it (Linux). */
int spawn_start_pdeathsig(char *const argv[], struct child *child, struct error *err);

/* The same for a program of ours that asks the API: it gets the whole environment. */
int spawn_start_full_env(char *const argv[], struct child *child, struct error *err);

/*
 * Take what the child has written so far into *said (up to 64 KiB are kept) and
 * see whether it has ended.  Returns 1 with *status (exit status, or 128 +
 * signal), 0 while it runs, -1 with err.  Does not block.
 */
int spawn_poll(struct child *child, struct strbuf *output, int *status,
               struct error *err);

/* spawn_poll() until it has ended (0) or the deadline passes (-1, ERROR_RETRY; it
 * goes on running and spawn_detach() lets go of it). */
int spawn_wait(struct child *child, struct deadline until, struct strbuf *output,
               int *status, struct error *err);

/* Let it run on its own, unobserved. */
void spawn_detach(struct child *child);

/* Kill it and collect it. */
void spawn_kill(struct child *child);

/* Run argv to its end: spawn_start and spawn_wait, killed at the deadline. */
int spawn_run(char *const argv[], struct deadline until, struct strbuf *output,
              int *status, struct error *err);

/* The same for a program that writes to our own stdout and stderr. */
int spawn_run_visibly(char *const argv[], struct deadline until, int *status,
                      struct error *err);

#endif
