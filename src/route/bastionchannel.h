/*
 * bastionchannel.h - a channel of libssh2's session as a stream.  The other half
 * of route/bastion, which alone may use it: it shows libssh2's types.
 */
#ifndef ROUTE_BASTIONCHANNEL_H
#define ROUTE_BASTIONCHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <libssh2.h>

struct error;
struct stream;
struct wire;

/*
 * Open a channel to host:port over a session that is not blocking; wire is what
 * it speaks through.  1 with *stream, 0 when it waits for the answer (call again
 * with the same), -1 with ERROR_DENIED or ERROR_UNAVAILABLE.  A stream that meets
 * the end of the session sets *dead.  It borrows session, wire and dead.
 */
int bastionchannel_open(LIBSSH2_SESSION *session, struct wire *wire, bool *dead,
                        const char *host, uint16_t port, struct stream **stream,
                        struct error *err);

/* See bastion_sweep(). */
int bastionchannel_sweep(LIBSSH2_SESSION *session, bool *dead);

/* Does this error of libssh2 end the whole session? */
bool bastionchannel_is_fatal(ssize_t rc);

#endif
