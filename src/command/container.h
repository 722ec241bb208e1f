/* SPDX-License-Identifier: MIT */
/*
 * container.h - a command in a container, as the toolbelt runs it: which server, and what
 * that server is to run.
 */
#ifndef COMMAND_CONTAINER_H
#define COMMAND_CONTAINER_H

#include <stdbool.h>

struct config;
struct error;
struct host;

struct container {
	const char *service; /* a new container of it; or NULL */
	const char *uid;     /* of a container that runs, of a pod; or NULL */
	const char *command; /* "": a shell */
	bool interactive;    /* with a terminal */
};

/*
 * The command for the server; the caller frees it.  host->stack is given; host->server is
 * set to the server that it has to run on, unless it is given.  NULL with ERROR_USAGE
 * where the stack has no containers, ERROR_NO_HOST where no server fits, or the errors of
 * containers.h.  Blocks for the API, up to four minutes.
 */
char *container_command(const struct container *container, const struct config *config,
                        struct host *host, struct error *err);

/* Run it by ssh on the server; see command/run.  Does not return when ssh was started;
 * -1 with err. */
struct resolve_words;
int run_in_container(const struct resolve_words *host, const struct container *container,
                     const struct config *config, struct error *err);

#endif
