/* SPDX-License-Identifier: MIT */
/*
 * opensshmux.h - channels of a running "ssh -M" by its control socket (PROTOCOL.mux of
 * OpenSSH, MUX_C_NEW_STDIO_FWD), as "ssh -S PATH -W HOST:PORT" opens them.  No function
 * blocks but opensshmux_terminate().
 */
#ifndef BASTION_OPENSSHMUX_H
#define BASTION_OPENSSHMUX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"
#include "bastion/transport.h"

struct error;
struct pollset;
struct opensshmux;
struct stream;

/* A connection to the ssh that listens at path, which reads end of file when ssh ends;
 * the caller closes it.  -1: there is none, or it belongs to another user. */
int opensshmux_connect(const char *path);

/* End that ssh; false when there is none.  Blocks until it has ended, or the deadline. */
bool opensshmux_terminate(const char *path, struct deadline until);

/* Ask the ssh that listens at path for a channel.  NULL with ERROR_UNAVAILABLE. */
struct opensshmux *opensshmux_request(const char *path, const char *host, uint16_t port,
                                      struct error *err);

/* Add the control socket, for the reply. */
void opensshmux_poll(const struct opensshmux *m, struct pollset *set);

/* See transport_ops.open.  *stream then owns m. */
enum transport_result opensshmux_step(struct opensshmux *m, struct stream **stream,
                                      struct error *err);

void opensshmux_free(struct opensshmux *m); /* NULL is allowed */

#endif
