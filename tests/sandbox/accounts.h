/* SPDX-License-Identifier: MIT */
/*
 * accounts.h - the endpoints beside /stacks: accounts, gateways, ping, public key.
 *
 * Knows cloud66.md 2.4, 2.6 and 2.7.  Changed gateways live in memory,
 * until the fleet file is replaced.
 */
#ifndef SANDBOX_ACCOUNTS_H
#define SANDBOX_ACCOUNTS_H

#include "request.h"

/* Endpoints, see routes.c. */
void accounts_list(struct sandbox *box, struct request *request, struct answer *answer);
void accounts_show(struct sandbox *box, struct request *request, struct answer *answer);
void gateways_list(struct sandbox *box, struct request *request, struct answer *answer);
void gateways_show(struct sandbox *box, struct request *request, struct answer *answer);
void gateways_add(struct sandbox *box, struct request *request, struct answer *answer);
void gateways_change(struct sandbox *box, struct request *request, struct answer *answer);
void gateways_remove(struct sandbox *box, struct request *request, struct answer *answer);
void public_key_show(struct sandbox *box, struct request *request, struct answer *answer);
void public_key_set(struct sandbox *box, struct request *request, struct answer *answer);
void ping(struct sandbox *box, struct request *request, struct answer *answer);
void ping_auth(struct sandbox *box, struct request *request, struct answer *answer);

#endif
