/* SPDX-License-Identifier: MIT */
/*
 * relay.h - carries bytes between one client's descriptor and one stream; each direction
 * ends when its source does.  Holds the bytes of at most one read in each direction, and
 * reads no more while those wait.  No function blocks.
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

/* Takes fd, an AF_UNIX socket whose other end the client has, and stream. */
struct relay *relay_new(int fd, struct stream *stream);

/* Add what to wait for; lower *wait_ms to the next time limit. */
void relay_poll(struct relay *r, struct pollset *set, int *wait_ms);

/* Move what can be moved now, at most RELAY_SCRATCH bytes each way.  has_data: the stream
 * may have data that the pollset does not show.  True when anything moved. */
bool relay_move(struct relay *r, const struct pollset *set, bool has_data,
                unsigned char scratch[RELAY_SCRATCH]);

/* Has it carried a copy in the last second or two: more than a terminal shows? */
bool relay_is_bulk(const struct relay *r);

/* Have both directions ended? */
bool relay_done(const struct relay *r);

/* Close the client's descriptor at once, and the stream when that goes without waiting.
 * True when the relay is freed; false: call again later. */
bool relay_close(struct relay *r);

#endif
