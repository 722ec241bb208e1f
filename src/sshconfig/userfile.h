/* SPDX-License-Identifier: MIT */
/*
 * userfile.h - the user's own ~/.ssh/config, with our Include line or block in it
 * or not.
 *
 * Remembers in a small file of ours what was done to it, so that a line which the
 * user took out is not put back, one which the user wrote is not taken out, and a
 * file which would not be there without us goes again.
 */
#ifndef SSHCONFIG_USERFILE_H
#define SSHCONFIG_USERFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"

struct error;
struct strbuf;

/* Where things are; all absolute, all borrowed. */
struct userfile {
	const char *path;      /* ~/.ssh/config */
	const char *generated; /* ~/.ssh/cxssh/config */
	const char *state;     /* ~/.ssh/cxssh/state; the lock is state.lock */
	const char *home;      /* what "~" means in an Include */
};

enum userfile_result {
	USERFILE_ABSENT,      /* nothing of ours is in it, nor ever was */
	USERFILE_DECLINED,    /* ... and the user said that it shall stay so */
	USERFILE_TAKEN_OUT,   /* we put our line in, and the user took it out */
	USERFILE_INEFFECTIVE, /* an Include of our file is there, below a Host or Match */
	USERFILE_PRESENT,     /* all is as it should be; nothing was done */
	USERFILE_ADDED,
	USERFILE_REMOVED,
	USERFILE_NOT_OURS, /* an Include of our file is there, which the user wrote */
};

/* Append what is in the user's file: 1, or 0 if there is none, or -1. */
int userfile_read(const struct userfile *file, struct strbuf *text, struct error *err);

/*
 * How things stand, up to USERFILE_PRESENT of the above.  *line (may be NULL) is
 * that of the Include, or 0.  Changes and locks nothing.
 */
int userfile_look(const struct userfile *file, enum userfile_result *result, size_t *line,
                  struct error *err);

/* Is there nothing of ours in the file, and nothing to remember of it?  false also where
 * that cannot be said.  Changes and locks nothing. */
bool userfile_is_untouched(const struct userfile *file);

/*
 * Put our line first in the file.  Without insist it is not done when the user took
 * it out, declined it, or has one that is ineffective; *result then says so.
 * -1: as edit_commit(), and the message says what to add by hand where the file
 * cannot be written.
 */
int userfile_add(const struct userfile *file, bool insist, struct deadline until,
                 enum userfile_result *result, struct error *err);

/* Take our line out again, if it is ours: REMOVED, ABSENT or NOT_OURS. */
int userfile_remove(const struct userfile *file, struct deadline until,
                    enum userfile_result *result, struct error *err);

/* The user does not want the line: remember it. */
int userfile_decline(const struct userfile *file, struct deadline until,
                     struct error *err);

/* The same with the block itself, for programs that follow no Include: ADDED (also
 * when it replaced an older one) or PRESENT; REMOVED or ABSENT. */
int userfile_add_block(const struct userfile *file, const char *block, size_t len,
                       struct deadline until, enum userfile_result *result,
                       struct error *err);
int userfile_remove_block(const struct userfile *file, struct deadline until,
                          enum userfile_result *result, struct error *err);

#endif
