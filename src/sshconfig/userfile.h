/* SPDX-License-Identifier: MIT */
/*
 * userfile.h - the Include lines of cxssh, or its block, in ~/.ssh/config.
 *
 * A state file says what was done to it: a line that the user took out is not put
 * back, a line that the user wrote is not taken out, and a file that cxssh made is
 * removed again.  ssh must take the file before and after a change, with the same
 * settings for other hosts; only a removal may mend a file that ssh refuses.  The first
 * change leaves a copy, PATH.cxssh-backup.  runtime/replace.h says what else stays.
 *
 * Every function that changes takes state.lock and runs ssh: it blocks until its deadline
 * at most.  Errors: ERROR_CONFIG (the file cannot be changed; ssh refuses it),
 * ERROR_RETRY (time is up, or another program keeps changing the file); the file is then
 * as it was.
 */
#ifndef SSHCONFIG_USERFILE_H
#define SSHCONFIG_USERFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"

struct error;
struct strbuf;

/* Where the files are: absolute paths.  userfile_init() gives those of this user, which
 * userfile_release() frees. */
struct userfile {
	char *path;       /* ~/.ssh/config */
	char *generated;  /* ~/.ssh/cxssh/config */
	char *state;      /* ~/.ssh/cxssh/state; the lock is state.lock */
	const char *home; /* what "~" means in an Include */
	bool last;        /* the two lines at the end of the file are wanted */
};
void userfile_init(struct userfile *file, bool last);
void userfile_release(struct userfile *file);

enum userfile_result {
	USERFILE_ABSENT,      /* the first line of cxssh is not in it */
	USERFILE_DECLINED,    /* ... and the user answered no to it */
	USERFILE_TAKEN_OUT,   /* ... any more: the user removed it */
	USERFILE_INEFFECTIVE, /* an Include of the generated file stands below a Host or
	                         Match */
	USERFILE_PRESENT,     /* nothing was to be done */
	USERFILE_ADDED,
	USERFILE_REMOVED,
	USERFILE_NOT_OURS, /* an Include of the generated file that the user wrote */
};

/* Append the content of the user's file: 1, or 0 where there is none, or -1 with
 * ERROR_CONFIG.  Does not block. */
int userfile_read(const struct userfile *file, struct strbuf *text, struct error *err);

/*
 * The state of the file, up to USERFILE_PRESENT of the above.  *line (may be NULL) is
 * that of the Include, or 0.  Changes and locks nothing, does not block.
 */
int userfile_look(const struct userfile *file, enum userfile_result *result, size_t *line,
                  struct error *err);

/* True if the file has neither line nor block of cxssh, and no state is kept of it; false
 * also where it cannot be read.  Changes and locks nothing. */
bool userfile_is_untouched(const struct userfile *file);

/* The same of the two lines at the end: ABSENT, DECLINED, TAKEN_OUT or PRESENT; NOT_OURS
 * where they are absent and the user has written the first one. */
int userfile_look_last(const struct userfile *file, enum userfile_result *result,
                       struct error *err);

/*
 * Put a line first in the file, and with file->last two more at its end, unless they are
 * there: ADDED or PRESENT.  Whether the user has declined them or taken them out is for
 * the caller to ask before.  The error names the lines to add by hand.
 */
int userfile_add(const struct userfile *file, struct deadline until,
                 enum userfile_result *result, struct error *err);

/* Append to *out what text becomes with the first line, or those at the end, or both. */
void userfile_compose(const struct strbuf *text, bool first, bool last,
                      struct strbuf *out);

/* Take out the lines that cxssh added: REMOVED, ABSENT or NOT_OURS. */
int userfile_remove(const struct userfile *file, struct deadline until,
                    enum userfile_result *result, struct error *err);

/* Remember that the user does not want the lines; where the first one is there, that is
 * about those at the end. */
int userfile_decline(const struct userfile *file, struct deadline until,
                     struct error *err);

/* The same with all hosts as a block, for programs that follow no Include: ADDED (also
 * when it replaced an older one, or the lines) or PRESENT; REMOVED or ABSENT. */
int userfile_add_block(const struct userfile *file, const char *block, size_t len,
                       struct deadline until, enum userfile_result *result,
                       struct error *err);
int userfile_remove_block(const struct userfile *file, struct deadline until,
                          enum userfile_result *result, struct error *err);

#endif
