/* SPDX-License-Identifier: MIT */
/*
 * knownhostsfile.h - known_hosts files on disk: that of cxssh, with its lock, and the
 * user's.  Other folders ask for its path alone.
 */
#ifndef HOSTKEY_KNOWNHOSTSFILE_H
#define HOSTKEY_KNOWNHOSTSFILE_H

#include "base/deadline.h"

struct error;
struct strbuf;

/* The path of the file of cxssh; the caller frees it. */
char *knownhostsfile_path(void);

/* Take the writers' lock of that file: a descriptor for lock_release(), or -1 with
 * ERROR_RETRY when until has passed.  Blocks. */
int knownhostsfile_lock(struct deadline until, struct error *err);

/* Append the file of cxssh to text ("" when there is none), with a final newline.  Does
 * not block. -1 with ERROR_CONFIG when it cannot be read, ERROR_TRUST when it has a NUL.
 */
int knownhostsfile_read(struct strbuf *text, struct error *err);

/* The same for ~/.ssh/known_hosts, with any owner and mode, as ssh reads it; "" when ssh
 * could not read it.  -1 with ERROR_TRUST: it may speak against the key in question. */
int knownhostsfile_read_users(struct strbuf *text, struct error *err);

/* Make the file of cxssh hold text; symbolic links are followed.  The caller holds the
 * lock.  -1 with ERROR_CONFIG. */
int knownhostsfile_write(const struct strbuf *text, struct error *err);

#endif
