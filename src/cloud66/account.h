/* SPDX-License-Identifier: MIT */
/*
 * account.h - the id of the account that a profile's organization names.
 *
 * Matches names as the toolbelt does (src/doc/cloud66.md), and keeps the id in
 * ~/.cache/cxssh/account-PROFILE so that not every process asks the API.
 */
#ifndef CLOUD66_ACCOUNT_H
#define CLOUD66_ACCOUNT_H

#include "base/deadline.h"

struct api;
struct error;

/*
 * Set api->account where the profile names an organization, from the file or from the
 * API.  Blocks until the deadline at most.  ERROR_CONFIG when no account, or more than
 * one, has that name; else the errors of api.h.
 */
int account_choose(struct api *api, struct deadline until, struct error *err);

#endif
