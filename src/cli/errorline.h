/* SPDX-License-Identifier: MIT */
/*
 * errorline.h - an error as a user meets it: one line on stderr, with "~" for the home
 * folder.  Nothing here blocks.
 */
#ifndef CLI_ERRORLINE_H
#define CLI_ERRORLINE_H

struct error;

/* Where a host or the API was not reached, or broke its protocol, name "cxssh doctor
 * ALIAS" (NULL: "cxssh doctor") as what helps, unless the message names something. */
void errorline_advise(struct error *err, const char *alias);

/* Print "cxssh: " or "cxssh: warning: " and the text of err, which is shortened. */
void errorline_print(struct error *err);
void errorline_warn(struct error *err);

#endif
