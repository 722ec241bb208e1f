/* SPDX-License-Identifier: MIT */
/*
 * dial.h - reach a TCP address in bounded time.
 *
 * A dialler keeps knocking on our own schedule while a firewall is being opened: the
 * kernel's SYN back-off (1, 3, 7 s) would sleep through the moment when the port opens.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"

struct dial;
struct error;

/* Begin to knock.  A name is looked up first, which may block until then.  NULL with
 * ERROR_UNAVAILABLE when address cannot be one.  dial_free() it. */
struct dial *dial_start(const char *address, uint16_t port, struct deadline until,
                        struct error *err);
void dial_free(struct dial *d); /* NULL is allowed; closes what is still open */

/* Begin the schedule anew: for one that was started but not yet allowed to knock. */
void dial_restart(struct dial *d);

/*
 * See what has become of the attempts and start the next one when it is due.
 * Returns the connected, non-blocking, close-on-exec socket, now the caller's
 * (the rest is closed), or -1 when there is none yet.  Never blocks.
 */
int dial_step(struct dial *d);

/* What to poll for the next dial_step(), at most max descriptors (DIAL_FDS are
 * enough), and in *wait_ms the time until the next attempt is due. */
enum { DIAL_FDS = 16 };
struct pollfd;
size_t dial_poll(const struct dial *d, struct pollfd *pfds, size_t max, int *wait_ms);

/* Knock until somebody answers (the socket, now the caller's) or time is up (-1). */
int dial_wait(struct dial *d, struct deadline until);

/* Has some attempt been answered by a refusal (nobody listens, or a firewall that
 * rejects)?  Then it is known that packets get through. */
bool dial_refused(const struct dial *d);

/* ERROR_UNAVAILABLE: nobody answers there, and what is known of it.  called: what a
 * person calls the server.  Returns -1. */
int dial_unanswered(const struct dial *d, const char *called, const char *address,
                    uint16_t port, struct error *err);

#endif
