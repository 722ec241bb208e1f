/* SPDX-License-Identifier: MIT */
/*
 * apichecks.h - the checks of "cxssh doctor" about the API: login, reach, clock, address.
 */
#ifndef DOCTOR_APICHECKS_H
#define DOCTOR_APICHECKS_H

#include "base/deadline.h"

struct config;
struct findings;

/* Add the results.  Blocks until the deadline at most. */
void apichecks(const struct config *config, struct deadline until,
               struct findings *findings);

#endif
