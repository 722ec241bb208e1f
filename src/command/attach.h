/* SPDX-License-Identifier: MIT */
/*
 * attach.h - a tmux session on a server, attached again when the connection is lost.
 */
#ifndef COMMAND_ATTACH_H
#define COMMAND_ATTACH_H

struct error;
struct strvec;

/*
 * Run ssh with these options to alias, attached to the tmux session of this name, which
 * is made if missing.  Returns ssh's exit status when the session ends or is detached, or
 * -1: ERROR_USAGE without a terminal, ERROR_NO_HOST without tmux on the server,
 * ERROR_UNAVAILABLE after an hour without a connection.  Blocks until then.
 */
int session_run(const struct strvec *ssh_options, const char *alias, const char *name,
                struct error *err);

#endif
