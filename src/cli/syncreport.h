/* SPDX-License-Identifier: MIT */
/*
 * syncreport.h - what a sync changes, told and asked about.
 */
#ifndef CLI_SYNCREPORT_H
#define CLI_SYNCREPORT_H

#include <stdbool.h>

struct changes;
struct error;
struct fleet;

/* Print which hosts are new, gone, changed, or left out by --stack.  Nothing where there
 * was no host before. */
void syncreport_print(const struct changes *changes);

/* Print the names that are kept: they lead to a stack on this machine only. */
void syncreport_print_kept(const struct fleet *fleet);

/*
 * May so many hosts vanish?  0 where they are few, with yes, or when the user agrees on
 * the terminal, before which *lock is released.  -1 with ERROR_RETRY.  Blocks for the
 * answer.
 */
int syncreport_allow(const struct changes *changes, bool yes, int *lock,
                     struct error *err);

#endif
