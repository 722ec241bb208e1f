/* SPDX-License-Identifier: MIT */
/*
 * opensshmux.h - channels from a running "ssh -M", asked for over its control socket
 * (PROTOCOL.mux of OpenSSH, MUX_C_NEW_STDIO_FWD): what "ssh -S PATH -W HOST:PORT"
 * does, without a process for each.
 */
#ifndef BASTION_OPENSSHMUX_H
#define BASTION_OPENSSHMUX_H

#include <stdint.h>

struct error;
struct pollset;
struct opensshmux;
struct stream;

/* Ask the ssh that listens at path for a channel.  NULL with err when it is gone. */
struct opensshmux *opensshmux_ask(const char *path, const char *host, uint16_t port,
                                  struct error *err);

/* Wait for the answer. */
void opensshmux_poll(const struct opensshmux *m, struct pollset *set);

/* 1 with *stream, which then owns m; 0 when there is no answer yet; -1 with why not. */
int opensshmux_step(struct opensshmux *m, struct stream **stream, struct error *err);

void opensshmux_free(struct opensshmux *m); /* NULL is allowed */

#endif
