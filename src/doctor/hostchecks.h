/* SPDX-License-Identifier: MIT */
/*
 * hostchecks.h - the checks of "cxssh doctor HOST", which end with a login.
 */
#ifndef DOCTOR_HOSTCHECKS_H
#define DOCTOR_HOSTCHECKS_H

struct config;
struct findings;

/* Add the results for the host that name means.  Asks for a lease and logs in.  Blocks,
 * up to a minute. */
void hostchecks(const struct config *config, const char *name, struct findings *findings);

#endif
