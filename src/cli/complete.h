/* SPDX-License-Identifier: MIT */
/*
 * complete.h - what can stand at a place of a command line: for the completion of shells.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

struct fleet;
struct strvec;

/*
 * Push what may take the place of the last of the words behind "cxssh", which may be
 * empty: "WORD" or "WORD<tab>DESCRIPTION" each, all of which begin with it.  ":files"
 * alone means names of files.  Names of hosts are those of fleet.  Does not block.
 */
void complete_words(char *const words[], int count, const struct fleet *fleet,
                    struct strvec *found);

#endif
