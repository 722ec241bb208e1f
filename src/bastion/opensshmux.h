/*
 * sshmux.h - channels from a running "ssh -M", asked for over its control socket
 * (PROTOCOL.mux of OpenSSH, MUX_C_NEW_STDIO_FWD): what "ssh -S PATH -W HOST:PORT"
 * does, without a process for each.
 */
#ifndef BASTION_OPENSSHMUX_H
#define BASTION_OPENSSHMUX_H

#include <stdint.h>

struct error;
struct pollset;
struct sshmux;
struct stream;

/* Ask the ssh that listens at path for a channel.  NULL with err when it is gone. */
struct sshmux *sshmux_ask(const char *path, const char *host, uint16_t port,
                          struct error *err);

/* Wait for the answer. */
void sshmux_poll(const struct sshmux *m, struct pollset *set);

/* 1 with *stream, which then owns m; 0 when there is no answer yet; -1 with why not. */
int sshmux_step(struct sshmux *m, struct stream **stream, struct error *err);

void sshmux_free(struct sshmux *m); /* NULL is allowed */

#endif
