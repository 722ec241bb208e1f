/* SPDX-License-Identifier: MIT */
/*
 * userstate.h - the state file: what cxssh has done to the user's ~/.ssh/config, and what
 * the user has answered.
 *
 * Does not block.  Errors: ERROR_CONFIG.
 */
#ifndef SSHCONFIG_USERSTATE_H
#define SSHCONFIG_USERSTATE_H

#include <stdbool.h>

struct error;

struct userstate {
	bool added;         /* include = added: cxssh has added the first line */
	bool declined;      /* include = declined */
	bool last_added;    /* last = added: and the lines at the end */
	bool last_declined; /* last = declined */
	bool created;       /* file = created: cxssh has made the file */
};

/* Read the file; all is false where there is none.  One of a newer version is an error.
 */
int userstate_read(const char *path, struct userstate *state, struct error *err);

/* Write the file, or remove it where all is false. */
int userstate_write(const char *path, const struct userstate *state, struct error *err);

#endif
