/* SPDX-License-Identifier: MIT */
/*
 * stacks.h - the endpoints below /stacks: stacks, servers, firewalls, actions.
 *
 * Knows cloud66.md 2.1 to 2.3 and 2.5.  A stack of another account than
 * the chosen one does not exist here.
 */
#ifndef SANDBOX_STACKS_H
#define SANDBOX_STACKS_H

#include "request.h"

/* Endpoints, see routes.c. */
void stacks_list(struct sandbox *box, struct request *request, struct answer *answer);
void stacks_show(struct sandbox *box, struct request *request, struct answer *answer);
void servers_list(struct sandbox *box, struct request *request, struct answer *answer);
void servers_show(struct sandbox *box, struct request *request, struct answer *answer);
void firewalls_list(struct sandbox *box, struct request *request, struct answer *answer);
void firewalls_show(struct sandbox *box, struct request *request, struct answer *answer);
void firewalls_open(struct sandbox *box, struct request *request, struct answer *answer);
void actions_show(struct sandbox *box, struct request *request, struct answer *answer);

#endif
