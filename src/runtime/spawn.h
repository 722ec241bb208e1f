/* SPDX-License-Identifier: MIT */
/*
 * spawn.h - start a program without a shell and wait for it until a deadline.
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
 * Have the kernel keep children that have ended until they are waited for, also where
 * the program that started this one ignores SIGCHLD.  Once, at the start of a program
 * that starts others; those get SIGCHLD as it is now.  Does not block.
 */
void spawn_begin(void);

/* Was SIGCHLD ignored before spawn_begin()?  Does not block. */
bool spawn_began_ignoring(void);

/*
 * Start argv[0] (an absolute path) in a new session, with stdin from /dev/null, stdout
 * and stderr into one pipe, no other descriptor and no secret variable (hardening.h).
 * Does not block.  -1 with ERROR_CONFIG when it cannot be executed, ERROR_INTERNAL
 * without a pipe. *child is then CHILD_INIT, else for spawn_wait(), spawn_detach() or
 * spawn_kill().
 */
int spawn_start(char *const argv[], struct child *child, struct error *err);

/* The same with the socket fd (borrowed) as stdin and stdout; the child's output is its
 * stderr alone. */
int spawn_start_on_socket(char *const argv[], int fd, struct child *child,
                          struct error *err);

/* spawn_start(), and on Linux the child gets SIGTERM when this process ends in any way.
 */
int spawn_start_pdeathsig(char *const argv[], struct child *child, struct error *err);

/* spawn_start() with the whole environment: for a cxssh that calls the API. */
int spawn_start_full_env(char *const argv[], struct child *child, struct error *err);

/*
 * Append the child's new output to *output (at most 64 KiB are kept) and check whether
 * it has ended.  Returns 1 with *status (exit status, or 128 + signal), 0 while it runs,
 * or -1 with ERROR_INTERNAL.  Does not block.
 */
int spawn_poll(struct child *child, struct strbuf *output, int *status,
               struct error *err);

/* spawn_poll() until the child has ended (0).  Blocks until the deadline: -1 with
 * ERROR_RETRY, and the child still runs. */
int spawn_wait(struct child *child, struct deadline until, struct strbuf *output,
               int *status, struct error *err);

/* Start argv[0], with the whole environment, for the client at the connected socket fd,
 * which is its stdin and stdout; stderr is /dev/null.  *pid is for waitpid(2).  Does not
 * block.  -1 with ERROR_CONFIG. */
int spawn_for_client(char *const argv[], int fd, pid_t *pid, struct error *err);

/* Close its output and forget it; it keeps running. */
void spawn_detach(struct child *child);

/* SIGKILL and waitpid(2).  Blocks for a moment. */
void spawn_kill(struct child *child);

/* spawn_start() and spawn_wait(); kills the child at the deadline (ERROR_RETRY).  Blocks.
 */
int spawn_run(char *const argv[], struct deadline until, struct strbuf *output,
              int *status, struct error *err);

/* The same for a program that writes to the stdout and stderr of this process. */
int spawn_run_visibly(char *const argv[], struct deadline until, int *status,
                      struct error *err);

/* Run argv on this process's terminal until it ends: its exit status, or -1.  Ctrl-C is
 * for the program alone.  Blocks for the user. */
int spawn_run_on_terminal(char *const argv[]);

#endif
