/* SPDX-License-Identifier: MIT */
/*
 * knownhostsfile.h - known_hosts files on the disk: ours, with its lock, and the
 * user's.  For the rooms of host trust only.
 */
#ifndef HOSTKEY_KNOWNHOSTSFILE_H
#define HOSTKEY_KNOWNHOSTSFILE_H

#include "base/deadline.h"

struct error;
struct strbuf;

/* Our known_hosts, and the user's; the caller frees it. */
char *knownhostsfile_path(void);
char *knownhostsfile_users_path(void);

/* One writer at a time; for lock_release().  ERROR_RETRY when time is up. */
int knownhostsfile_lock(struct deadline until, struct error *err);

/* Our file as it is ("" without one), with a final newline, so that a line can
 * follow.  -1 with ERROR_CONFIG, or ERROR_TRUST for one with a NUL in it. */
int knownhostsfile_read(struct strbuf *text, struct error *err);

/* The same for the user's own file, as ssh reads it, whoever owns it and can write it:
 * "" where there is none that it could read.  -1 with ERROR_TRUST: it may speak against
 * the very key that is asked about. */
int knownhostsfile_read_users(struct strbuf *text, struct error *err);

/* Make it hold text, if it does not, at the end of its links; the lock is held. */
int knownhostsfile_write(const struct strbuf *text, struct error *err);

#endif
