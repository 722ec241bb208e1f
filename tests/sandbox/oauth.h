/* SPDX-License-Identifier: MIT */
/*
 * oauth.h - the two endpoints of OAuth 2 and what an on-premise toolbelt asks.
 *
 * There is no page to click: a client that opens
 * the authorize address has agreed, unless the client's "_deny" is set.
 */
#ifndef SANDBOX_OAUTH_H
#define SANDBOX_OAUTH_H

#include "request.h"

/* Endpoints, see routes.c. */
void oauth_authorize(struct sandbox *box, struct request *request, struct answer *answer);
void oauth_token(struct sandbox *box, struct request *request, struct answer *answer);
void oauth_tooling(struct sandbox *box, struct request *request, struct answer *answer);

#endif
