/* SPDX-License-Identifier: MIT */
/*
 * paths.h - where files and programs are; the only module that reads the passwd entry,
 * the XDG variables and PATH.
 *
 * The home folder is getpwuid(3)'s, as in OpenSSH: some programs start ssh without any
 * environment.  XDG variables count if absolute.  getpwuid() may block (NSS), once.
 */
#ifndef RUNTIME_PATHS_H
#define RUNTIME_PATHS_H

#include <stdbool.h>

struct error;
struct stat;

/* The home folder, "/" if there is none; borrowed for good. */
const char *paths_home(void);

/*
 * To be called first by every main(): -1 with ERROR_CONFIG when there is no passwd entry
 * for the user, or no directory service answers.  ssh refuses to work then, too, and the
 * files of cxssh would go into "/".
 */
int paths_check(struct error *err);

/*
 * Check home and ~/.ssh as sshd's StrictModes does: a user who can write there can
 * replace the files of cxssh.  -1 with ERROR_CONFIG and the command that helps.
 */
int paths_check_home(struct error *err);

/*
 * Can other users write the file of st?  A writable group counts as others unless it is
 * the user's primary group: not every system can list a group's members.
 */
bool paths_others_write(const struct stat *st);

/*
 * A path below one of these folders; the caller frees it.  Nothing is created.
 *   config   $XDG_CONFIG_HOME/cxssh, else what paths_remember_config() kept, else
 *            ~/.config/cxssh
 *   cache    $XDG_CACHE_HOME/cxssh or ~/.cache/cxssh
 *   run      $XDG_RUNTIME_DIR/cxssh, else /run/user/UID/cxssh, else cache/run, else
 *            /tmp/cxssh-UID: sockets.  The first one that is short enough for sockaddr_un
 *   ssh      ~/.ssh
 *   home     ~
 * The format is of the rest: paths_cache("routes/%s", uid).
 */
char *paths_config(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *paths_cache(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *paths_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *paths_ssh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *paths_in_home(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Keep the folder of $XDG_CONFIG_HOME, as the link ~/.ssh/cxssh/xdg-config, for IDEs and
 * services that are started without that variable.  Nothing changes without the variable.
 * -1 with ERROR_CONFIG.  paths_forget_config() removes the link.
 */
int paths_remember_config(struct error *err);
void paths_forget_config(void);

/* path with a leading "~/" made absolute; the caller frees it. */
char *paths_expand(const char *path);

/* path with the home folder in front shortened to "~"; the caller frees it. */
char *paths_shorten(const char *path);

/* The same, in place, for each path in a message.  Nothing changes where HOME is another
 * folder ("~" is that one in a shell), nor where the name of the home folder may be what
 * the message is about: with a blank, or beyond ASCII. */
void paths_shorten_text(char *text);

/* The last part of path, behind its last '/'; borrowed. */
const char *paths_name(const char *path);

/* What stands before it, with that '/', or "." where there is none; the caller frees it.
 */
char *paths_folder(const char *path);

/*
 * Make each missing folder on the way to the file path, 0700.  -1 with ERROR_CONFIG when
 * that fails, or when other users can write the last folder.
 */
int paths_make_for(const char *path, struct error *err);

/* Absolute path of cxssh or cxssh-proxy: beside the running one, else in BINDIR.  The
 * caller frees it. */
char *paths_program(const char *name);

/* Absolute path of a system program: from PATH's absolute folders, else the usual ones.
 * The caller frees it; the file may not exist. */
char *paths_tool(const char *name);

#endif
