/* SPDX-License-Identifier: MIT */
/*
 * dispatcher.h - who waits for a channel, who relays, and over which login.
 *
 * Starts the logins: one, as a rule; another beside it when callers wait too
 * long behind a server that the bastion cannot reach (libssh2 opens one channel
 * at a time), or when the first has fallen silent.  Changes to OpenSSH's client
 * where libssh2 is not able to.  Never blocks but on a key's agent and on local
 * files.
 */
#ifndef BROKER_DISPATCHER_H
#define BROKER_DISPATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/config.h"

struct broker_request;
struct error;
struct pollset;
struct dispatcher;

struct dispatcher_config {
	const char *gateway; /* "user@address" */
	const char *key_file;
	enum gateway_transport transport;
	int send_buffer; /* SO_SNDBUF of the connection to the bastion, or 0 */
};

struct dispatcher *dispatcher_new(const struct dispatcher_config *config);
void dispatcher_free(struct dispatcher *d);

/* Begin to log in, although nobody waits. */
void dispatcher_preconnect(struct dispatcher *d);

/* Takes somebody who wants a channel; he is answered sooner or later. */
void dispatcher_enqueue(struct dispatcher *d, struct broker_request *request);

/* Add what to wait for; lower *wait_ms. */
void dispatcher_poll(struct dispatcher *d, struct pollset *set, int *wait_ms);

/* Do what can be done now; true when more may be possible at once. */
bool dispatcher_step(struct dispatcher *d, const struct pollset *set);

/* Time has jumped: ask every login for a sign of life. */
void dispatcher_probe(struct dispatcher *d);

/* Tell all who wait. */
void dispatcher_fail_all(struct dispatcher *d, const struct error *why);

/* Could nobody log in?  Then everybody was and will be told this. */
const struct error *dispatcher_failure(const struct dispatcher *d);

/* Is there no login any more, after there was one? */
bool dispatcher_is_over(const struct dispatcher *d);

size_t dispatcher_relays(const struct dispatcher *d);
size_t dispatcher_waiting(const struct dispatcher *d);
int64_t dispatcher_served(const struct dispatcher *d);
const char *dispatcher_transport(const struct dispatcher *d); /* "connecting" */

#endif
