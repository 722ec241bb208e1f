/* SPDX-License-Identifier: MIT */
/*
 * routes.h - which request goes to which endpoint, with which scope.
 *
 * Knows paths, scopes, tokens and the choice of an account (cloud66.md
 * 1.2, 1.4, 1.6).  What an endpoint does is in stacks.c, accounts.c, oauth.c.
 */
#ifndef SANDBOX_ROUTES_H
#define SANDBOX_ROUTES_H

#include "request.h"

/* Look at the token and set request->auth and ->scopes. */
void routes_authenticate(struct sandbox *box, struct request *request);

/* Answer a request whose body is complete.  The caller holds the lock. */
void routes_dispatch(struct sandbox *box, struct request *request, struct answer *answer);

#endif
