/* SPDX-License-Identifier: MIT */
/*
 * siblings.h - do other servers of a stack answer, while one is silent?
 *
 * No packet is sent: the log has what was reached from here lately.
 */
#ifndef CONNECT_SIBLINGS_H
#define CONNECT_SIBLINGS_H

#include <stdbool.h>

struct route;

enum { SIBLING_SIZE = 64 };

/* Was another server of route's stack reached in the last 5 minutes, and not through a
 * bastion?  Its alias goes to out.  Reads the log's end; does not block otherwise. */
bool siblings_answered(const struct route *route, char out[static SIBLING_SIZE]);

#endif
