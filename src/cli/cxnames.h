/* SPDX-License-Identifier: MIT */
/*
 * cxnames.h - the commands of the toolbelt (cx) that cxssh has under another name, or
 * that have nothing to do with a connection.
 */
#ifndef CLI_CXNAMES_H
#define CLI_CXNAMES_H

/* The command in the place of the toolbelt's, such as "cxssh list" or "cx jobs"; NULL
 * where name is none of them.  Borrowed.  Does not block. */
const char *cxnames_instead(const char *name);

#endif
