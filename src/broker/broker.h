/* SPDX-License-Identifier: MIT */
/*
 * broker.h - one process per gateway that holds one login on the bastion and
 * hands out channels: how it is started, asked and ended.
 *
 * It listens on a socket that only our user reaches; see broker/brokerrequest.h for what
 * is said there, and broker/client.h for the client.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <stdint.h>

#include "broker/eventloop.h" /* struct broker_config */

struct error;

/*
 * Become the broker of a gateway.  Returns 0 in the calling process as soon as
 * somebody (a new process in the background, or an older broker) accepts
 * clients on the socket: connecting to the bastion goes on behind it, and its
 * failure is told to whoever asks for a channel.  -1 with err when not even
 * the socket could be made.
 */
int broker_start(const struct broker_config *config, struct error *err);

struct broker_status {
	int64_t pid;
	int64_t channels; /* open now */
	int64_t served;   /* since it started */
	int64_t uptime_s;
	char transport[16]; /* "libssh2", "openssh", "connecting" */
};

/* Ask the running broker.  1 with *status, 0 when there is none, -1 with err. */
int broker_status(const char *gateway, struct broker_status *status, struct error *err);

/* Tell the broker to end, its channels with it.  1: it did, 0: there was none. */
int broker_close(const char *gateway, struct error *err);

#endif
