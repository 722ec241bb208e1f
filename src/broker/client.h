/* SPDX-License-Identifier: MIT */
/*
 * client.h - ask a gateway's broker for a channel to a server, starting the
 * broker when there is none.  The client side of the protocol in broker.h; links
 * libc only, for cxssh-proxy.
 */
#ifndef BROKER_CLIENT_H
#define BROKER_CLIENT_H

#include <stdint.h>

#include "base/deadline.h"

struct error;

/*
 * A connected, blocking, close-on-exec descriptor that leads to port of the
 * server uid behind gateway ("user@address"); owned by the caller.  Starts
 * "cxssh gateway GATEWAY" and waits for it if nobody serves the gateway yet.
 * -1 with the broker's own reason: ERROR_DENIED (transport), ERROR_TRUST (host key),
 * ERROR_UNAVAILABLE (bastion or server does not answer, or the descriptor caller, if
 * not -1, has hung up: nobody waits any more), ERROR_CONFIG (no key).
 */
int broker_open_channel(const char *gateway, const char *uid, uint16_t port, int caller,
                        struct deadline until, struct error *err);

/*
 * Put one request line to gateway's broker and take its answer, without the
 * newline, and the descriptor that came with it (-1: none).  1 when answered, 0
 * when there is no broker, or it left without a word; -1 with err: time is up,
 * or the path is too long.
 */
enum { BROKER_LINE_MAX = 640 };
int broker_query(const char *gateway, const char *request, struct deadline until,
                 char answer[BROKER_LINE_MAX], int *fd, struct error *err);

/* The two halves of understanding a broker: one line and perhaps a descriptor from the
 * connection fd, as for broker_query(); and what a line that is no "ok" means, as the -1
 * of broker_open_channel(). */
int broker_read_reply(int fd, struct deadline until, char answer[BROKER_LINE_MAX],
                      int *passed, struct error *err);
int broker_parse_error_reply(const char *answer, struct error *err);

#endif
