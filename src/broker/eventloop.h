/* SPDX-License-Identifier: MIT */
/*
 * eventloop.h - the loop of the broker's process: read requests, let the dispatcher work,
 * and end when no client needs it.
 */
#ifndef BROKER_EVENTLOOP_H
#define BROKER_EVENTLOOP_H

#include <stdint.h>

#include "runtime/config.h"

struct broker_config {
	const char *gateway;  /* "user@address" */
	const char *key_file; /* the bastion key, or NULL: only ssh-agent */
	enum gateway_transport transport;
	int64_t idle_ms; /* end after so long without a channel */
	/* The path of cxssh that an upgrade changes, or NULL: that of the running
	 * program. */
	const char *program;
};

/*
 * Serve the listening socket until the broker has been idle for long enough, no login is
 * possible, the connection is lost, a client asked to close, or SIGTERM came.  Takes the
 * listener and removes its socket, under the lock of broker_start(), so that each client
 * gets a reply or starts another broker.  Blocks for the broker's life.
 */
void brokerloop_run(const struct broker_config *config, int listener);

#endif
