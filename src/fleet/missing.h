/* SPDX-License-Identifier: MIT */
/*
 * missing.h - servers that an answer of the API does not have any more.
 *
 * A list that is cut short looks like a fleet that has lost servers.  A sync that a user
 * runs takes it as it is; one in the background takes no name away.
 */
#ifndef FLEET_MISSING_H
#define FLEET_MISSING_H

#include <stddef.h>

struct fleet;

/*
 * Move the servers of before that fleet does not have into it, but for those whose name
 * another server of the stack has now, and those of stacks that are not selected.  A role
 * that another server has is not theirs any more.  Returns how many were moved; the
 * caller assigns the aliases anew and releases before.  Does not block.
 */
size_t missing_keep(struct fleet *fleet, struct fleet *before);

#endif
