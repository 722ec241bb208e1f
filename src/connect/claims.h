/* SPDX-License-Identifier: MIT */
/*
 * claims.h - is a name one that cxssh leads to?  For "cxssh-proxy --claims", by which
 * ~/.ssh/cxssh/new asks for names that have no block of their own.
 */
#ifndef CONNECT_CLAIMS_H
#define CONNECT_CLAIMS_H

#include <stdbool.h>

/*
 * True for an alias of the fleet, and for a name that could be one and that nothing
 * resolves: the connection then tells the nearest names.  False when the name is not
 * resolved in time: it may be another host's.  Blocks for the lookup, 3 s at most.
 */
bool claims_name(const char *name);

#endif
