/* SPDX-License-Identifier: MIT */
/*
 * eventloop.h - what the broker's process does from its first to its last moment:
 * answer at the door, let the dispatcher work, and know when to leave.
 */
#ifndef BROKER_EVENTLOOP_H
#define BROKER_EVENTLOOP_H

#include <stdint.h>

#include "runtime/config.h"

struct broker_config {
	const char *gateway;  /* "user@address" */
	const char *key_file; /* the bastion key, or NULL: only ssh-agent */
	enum gateway_transport transport;
	int64_t idle_ms; /* leave after so long without a channel */
	int send_buffer; /* SO_SNDBUF toward the bastion, or 0: the system's */
};

/*
 * Serve the listening socket until it is time to leave: long enough idle, nobody
 * let us log in, the connection is lost, SIGTERM, or somebody asked.  Takes the
 * listener and removes its socket, under the lock of those who start a broker, so
 * that no client is left without an answer or another broker.
 */
void brokerloop_run(const struct broker_config *config, int listener);

#endif
