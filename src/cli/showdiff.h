/* SPDX-License-Identifier: MIT */
/*
 * showdiff.h - print how a file would change, by the system's diff -u.
 */
#ifndef CLI_SHOWDIFF_H
#define CLI_SHOWDIFF_H

struct error;
struct strbuf;

/*
 * Print on stdout what "diff -u" prints for these two states of the file that both
 * headings call name; nothing when they are equal.  A system without diff gets one line
 * that says so.  Blocks until diff has ended, at most 30 s.  -1 with ERROR_CONFIG or
 * ERROR_INTERNAL when the texts cannot be handed to diff or diff fails, ERROR_RETRY when
 * time is up.
 */
int showdiff_print(const char *name, const struct strbuf *before,
                   const struct strbuf *after, struct error *err);

#endif
