/* SPDX-License-Identifier: MIT */
/*
 * dial.h - connect to a TCP address in bounded time.
 *
 * Starts new connects on a schedule of its own while a firewall is being opened: after
 * the kernel's SYN back-off (1, 3, 7 s) the port would have been open for seconds.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"

struct dial;
struct error;

/* Prepare to connect to an IP address or DNS name.  Blocks until the deadline for the
 * lookup of a name.  NULL with ERROR_UNAVAILABLE when there is no such address. */
struct dial *dial_start(const char *address, uint16_t port, struct deadline until,
                        struct error *err);
void dial_free(struct dial *d); /* NULL is allowed; closes all attempts */

/* Start the schedule over, for a dial that was not stepped since dial_start(). */
void dial_restart(struct dial *d);

/*
 * Check the attempts and start the next one when it is due.  Returns a connected,
 * non-blocking, close-on-exec socket, which the caller owns, or -1 if there is none yet.
 * Does not block.
 */
int dial_step(struct dial *d);

/* Fill pfds for poll(2) before the next dial_step(), at most max (DIAL_FDS are enough),
 * and set *wait_ms to the time until the next attempt is due.  Returns how many. */
enum { DIAL_FDS = 16 };
struct pollfd;
size_t dial_poll(const struct dial *d, struct pollfd *pfds, size_t max, int *wait_ms);

/* Has each address refused an attempt?  Then packets reach the host, but nothing listens
 * on the port, or a firewall rejects them. */
bool dial_refused(const struct dial *d);

/* Set ERROR_UNAVAILABLE, "NAME (ADDRESS) does not answer on port PORT", and the reason if
 * known; the cause is CAUSE_SILENT or CAUSE_NOT_LISTENING.  Returns -1. */
int dial_unanswered(const struct dial *d, const char *name, const char *address,
                    uint16_t port, struct error *err);

#endif
