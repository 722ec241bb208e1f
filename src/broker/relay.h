/* SPDX-License-Identifier: MIT */
/*
 * relay.h - carry bytes between one client's descriptor and one stream, with both
 * halves closed one by one, as the ends close them.
 *
 * Holds at most one read's worth of bytes in each direction; while those wait,
 * the side they came from is not read.
 */
#ifndef BROKER_RELAY_H
#define BROKER_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pollset;
struct relay;
struct stream;

enum { RELAY_SCRATCH = 64 * 1024 };

/* Takes both: fd, an AF_UNIX socket whose other end the client has, and stream. */
struct relay *relay_new(int fd, struct stream *stream);

/* Add what to wait for; *wait_ms is lowered to when the relay wants to be called. */
void relay_poll(struct relay *r, struct pollset *set, int *wait_ms);

/*
 * Move what can be moved now, at most RELAY_SCRATCH each way.  has_data: there may
 * be news for the stream that the pollset does not show.  scratch is for use
 * during the call.  True when anything moved.
 */
bool relay_move(struct relay *r, const struct pollset *set, bool has_data,
                unsigned char scratch[RELAY_SCRATCH]);

/* Is nothing left to carry? */
bool relay_done(const struct relay *r);

/*
 * The end: the client's descriptor is closed at once, the stream as soon as it
 * can be.  True when the relay is freed; false: call again later.
 */
bool relay_close(struct relay *r);

#endif
