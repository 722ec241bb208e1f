/* SPDX-License-Identifier: MIT */
/*
 * command.h - the commands, as cxssh.c sees them.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

struct config;
struct error;

/*
 * One per file of this folder.  argv[0] is the command's name.  Returns the exit status
 * (0, or what its manual says), or -1 with err, which cxssh.c turns into a line and an
 * exit status.  Blocks.
 */
typedef int command_fn(int argc, char *argv[], struct config *config, struct error *err);

command_fn command_login;
command_fn command_logout;
command_fn command_whoami;
command_fn command_profile;
command_fn command_listen;
command_fn command_sync;
command_fn command_list;
command_fn command_show;
command_fn command_prepare;
command_fn command_ssh;
command_fn command_lease;
command_fn command_run;
command_fn command_completion;
command_fn command_complete;
command_fn command_tunnel;
command_fn command_upload;
command_fn command_download;
command_fn command_tail;
command_fn command_gateway;
command_fn command_key;
command_fn command_key_upload; /* argv[1] is "upload" */
command_fn command_hostkey;
command_fn command_open;
command_fn command_why;
command_fn command_doctor;

#endif
