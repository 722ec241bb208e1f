/* SPDX-License-Identifier: MIT */
/*
 * libssh2channel.h - a channel of libssh2's session as a stream.  The other half
 * of bastion/libssh2conn, which alone may use it: it shows libssh2's types.
 */
#ifndef BASTION_LIBSSH2CHANNEL_H
#define BASTION_LIBSSH2CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <libssh2.h>

struct error;
struct stream;
struct netbuf;

/* Where channels live; borrowed by each of them. */
struct libssh2channel_home {
	LIBSSH2_SESSION *session; /* not blocking */
	struct netbuf *wire;      /* what it speaks through */
	bool *dead;               /* set when the end of the session is met */
};

/*
 * Open a channel to host:port.  1 with *stream, 0 when it waits for the answer
 * (call again with the same), -1 with ERROR_DENIED or ERROR_UNAVAILABLE.
 */
int libssh2channel_open(const struct libssh2channel_home *home, const char *host,
                        uint16_t port, struct stream **stream, struct error *err);

/* See libssh2conn_drain(). */
int libssh2channel_drain(const struct libssh2channel_home *home);

/* Does this error of libssh2 end the whole session? */
bool libssh2channel_is_fatal(ssize_t rc);

#endif
