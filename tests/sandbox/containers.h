/* SPDX-License-Identifier: MIT */
/*
 * containers.h - containers, services and sessions of a stack: its "_containers" and
 * "_services" in the fleet.
 */
#ifndef SANDBOX_CONTAINERS_H
#define SANDBOX_CONTAINERS_H

#include "request.h"

void containers_list(struct sandbox *box, struct request *request, struct answer *answer);
void containers_show(struct sandbox *box, struct request *request, struct answer *answer);
void services_show(struct sandbox *box, struct request *request, struct answer *answer);
void sessions_start(struct sandbox *box, struct request *request, struct answer *answer);
void sessions_fetch(struct sandbox *box, struct request *request, struct answer *answer);

#endif
