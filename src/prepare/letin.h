/* SPDX-License-Identifier: MIT */
/*
 * letin.h - which address does the firewall let in?
 */
#ifndef PREPARE_LETIN_H
#define PREPARE_LETIN_H

struct prepare;

/*
 * A server was silent, and its lease is new: where no rule of its stack lets in the
 * address that this computer has, tell the one that the newest rule lets in
 * (HELPER_LETS_IN).  A failure of the API is only logged.  Blocks, 2 s at most.
 */
void letin_tell(const struct prepare *o);

#endif
