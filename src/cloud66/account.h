/* SPDX-License-Identifier: MIT */
/*
 * account.h - which account a profile's organization is.
 *
 * Knows the list of accounts, the toolbelt's way of matching names
 * (facts/cloud66.md 3.3) and the small file that saves us asking every time.
 */
#ifndef CLOUD66_ACCOUNT_H
#define CLOUD66_ACCOUNT_H

#include "base/deadline.h"

struct api;
struct error;

/*
 * Set api->account where the profile names an organization, by the remembered id
 * or by asking.  ERROR_CONFIG when no account, or more than one, has that name.
 */
int account_choose(struct api *api, struct deadline until, struct error *err);

#endif
