/* SPDX-License-Identifier: MIT */
/*
 * paths.h - where things are.  The only room that asks for the home folder and
 * the XDG variables.
 *
 * The home folder is getpwuid's, as in OpenSSH: programs start ssh with no
 * environment at all (clients.md P9).  XDG variables count when absolute.
 */
#ifndef RUNTIME_PATHS_H
#define RUNTIME_PATHS_H

#include <stdbool.h>

struct error;
struct stat;

/* The home folder; borrowed, for the life of the process.  "/" if there is none. */
const char *paths_home(void);

/*
 * To be asked first by every main: -1 with ERROR_CONFIG when the system does not know
 * our user, or not now (a directory service that does not answer).  ssh then refuses to
 * work, too, and what we wrote would go into "/".
 */
int paths_check(struct error *err);

/*
 * Home and ~/.ssh, as sshd's StrictModes has them: whoever can write there puts other
 * files in the place of ours.  -1 with ERROR_CONFIG and the command that helps.
 */
int paths_check_home(struct error *err);

/*
 * Can others write what st is of?  A group that can counts as others unless it is the
 * user's primary one: who else is in a group, the system may not be able to say.
 */
bool paths_others_write(const struct stat *st);

/*
 * A path below one of our folders; the caller frees it.  Nothing is created.
 *   config   $XDG_CONFIG_HOME/cxssh or ~/.config/cxssh
 *   cache    $XDG_CACHE_HOME/cxssh or ~/.cache/cxssh
 *   run      $XDG_RUNTIME_DIR/cxssh, else cache/run: sockets
 *   ssh      ~/.ssh
 *   home     ~
 * The format is of the rest: paths_cache("routes/%s", uid).
 */
char *paths_config(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *paths_cache(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *paths_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *paths_ssh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *paths_in_home(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* path with a leading "~/" made absolute; the caller frees it. */
char *paths_expand(const char *path);

/* path with the home folder in front shortened to "~"; the caller frees it. */
char *paths_shorten(const char *path);

/*
 * Make every missing folder that leads to the file path, 0700.  -1 with
 * ERROR_CONFIG where that cannot be, or where the last one is not ours alone
 * to write.
 */
int paths_make_for(const char *path, struct error *err);

/* The program name in the folder of the running program, else where it was
 * installed; absolute.  The caller frees it. */
char *paths_program(const char *name);

/* A program of the system, absolute: from PATH's absolute folders, else the usual
 * ones.  The caller frees it; it may not exist. */
char *paths_tool(const char *name);

#endif
