/* SPDX-License-Identifier: MIT */
/*
 * dispatcher.h - opens the channels that clients request, by the logins of a pool, and
 * relays their bytes.
 *
 * Starts one login as a rule; another when requests wait too long behind a server that
 * does not answer the bastion (libssh2 opens one channel at a time), or when the first
 * login is unresponsive.  Blocks where transports do (bastion/transport.h), and on local
 * files.
 */
#ifndef BROKER_DISPATCHER_H
#define BROKER_DISPATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/pool.h"
#include "runtime/config.h"

struct broker_request;
struct error;
struct pollset;
struct dispatcher;

struct dispatcher_config {
	const char *gateway; /* "user@address" */
	const char *key_file;
	enum gateway_transport transport;
	const struct pool_backend *backend;
	int (*open_agent)(struct error *err);
	bastionkey_ask *ask_bastionkey;
};

/* Borrows what config points to. */
struct dispatcher *dispatcher_new(const struct dispatcher_config *config);
void dispatcher_free(struct dispatcher *d); /* hangs up on all clients */

/* Start a login although no request waits. */
void dispatcher_preconnect(struct dispatcher *d);

/* Takes a request of type channel; it gets a reply within 8.5 s. */
void dispatcher_enqueue(struct dispatcher *d, struct broker_request *request);

/* Add what to wait for; lower *wait_ms to the next time limit. */
void dispatcher_poll(struct dispatcher *d, struct pollset *set, int *wait_ms);

/* Do what can be done now; true when more may be possible without waiting. */
bool dispatcher_step(struct dispatcher *d, const struct pollset *set);

/* The machine slept: probe every login. */
void dispatcher_probe(struct dispatcher *d);

/* Why no login is possible, which each request was told; NULL: it may be. */
const struct error *dispatcher_failure(const struct dispatcher *d);

/* Has every login ended, and no request waits? */
bool dispatcher_is_over(const struct dispatcher *d);

size_t dispatcher_relays(const struct dispatcher *d);
size_t dispatcher_waiting(const struct dispatcher *d);
int64_t dispatcher_served(const struct dispatcher *d);
const char *dispatcher_transport(const struct dispatcher *d); /* "connecting" */

#endif
