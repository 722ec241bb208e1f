/* SPDX-License-Identifier: MIT */
/*
 * toolbelt.h - what the commands that run OpenSSH's programs share: the toolbelt's way to
 * name a host, and the start of ssh and scp with the generated configuration.
 */
#ifndef COMMAND_TOOLBELT_H
#define COMMAND_TOOLBELT_H

#include "base/strvec.h"
#include "fleet/resolve.h"

struct config;
struct error;
struct fleet;
struct host;

/*
 * Parse a command line whose options only name the host, which is the first operand where
 * --server is not given.  Returns the index of the operand behind it; -1 with ERROR_USAGE
 * and the text missing where there is none.
 */
int toolbelt_parse(int argc, char *argv[], struct resolve_words *host,
                   const char *missing, struct error *err);

/*
 * Find the host: by resolve_host() where no stack is given and this folder belongs to
 * none, else by the toolbelt's rules in the stack.  Writes the generated configuration
 * where "cxssh sync" has never run.  *fleet is FLEET_INIT, outlives *found, and is
 * released by the caller.  Blocks for the API, up to a minute.  Errors as resolve_host()
 * and resolve_stack().
 */
int toolbelt_find(const struct resolve_words *host, const struct config *config,
                  struct fleet *fleet, struct host *found, struct error *err);

/* The stack alone, by resolve_stack(). */
struct stack;
int toolbelt_stack(const struct resolve_words *host, const struct config *config,
                   struct fleet *fleet, struct stack **stack, struct error *err);

/* toolbelt_find() for the alias alone, which the caller frees; NULL with err. */
char *toolbelt_alias(const struct resolve_words *host, const struct config *config,
                     struct error *err);

/*
 * Push the path of tool, "ssh" or "scp", and the options that have it read the generated
 * configuration where the user's does not include it.  -1 with ERROR_CONFIG.  Does not
 * block.
 */
int toolbelt_begin(const char *tool, struct strvec *argv, struct error *err);

/* Run argv in the place of this process; -1 with ERROR_CONFIG where that fails. */
int toolbelt_exec(const struct strvec *argv, struct error *err);

/*
 * Start argv as a child in this session.  stdin_fd, stdout_fd and stderr_fd become its
 * descriptors 0 to 2; -1: as here.  Returns its process id, or -1 with ERROR_CONFIG.
 * Does not block.
 */
int toolbelt_start(const struct strvec *argv, const int fds[static 3], struct error *err);

/* The words with blanks between; the caller frees it. */
char *toolbelt_join(char *const words[]);

/* Append text as one word of any shell. */
struct strbuf;
void toolbelt_quote(struct strbuf *out, const char *text);

#endif
