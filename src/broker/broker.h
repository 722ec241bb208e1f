/* SPDX-License-Identifier: MIT */
/*
 * broker.h - start the process that holds one login on a gateway's bastion and shares it
 * among sessions.  See src/doc/broker-protocol.md, and broker/client.h for its clients.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include "broker/client.h"
#include "broker/eventloop.h" /* struct broker_config */

struct error;
struct strvec;

/*
 * Start the broker of a gateway in the background.  Returns 0 in the calling process as
 * soon as a broker, new or old, listens on the socket; the login goes on behind it, and
 * its failure is the reply to each channel request.  -1 with err when there is no socket:
 * ERROR_CONFIG, ERROR_RETRY (the lock is held) or ERROR_INTERNAL.  Blocks for up to 5 s.
 */
int broker_start(const struct broker_config *config, struct error *err);

/* Push the gateways ("user@address") that have a broker, hung ones, too.  Reads files. */
void broker_list(struct strvec *gateways);

#endif
