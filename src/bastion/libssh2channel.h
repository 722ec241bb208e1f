/* SPDX-License-Identifier: MIT */
/*
 * libssh2channel.h - a channel of libssh2's session as a stream.  A part of
 * bastion/libssh2conn, which alone may include it: it shows libssh2's types.
 */
#ifndef BASTION_LIBSSH2CHANNEL_H
#define BASTION_LIBSSH2CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <libssh2.h>

#include "bastion/transport.h"

struct error;
struct stream;
struct netbuf;

/* What all channels of a session share; borrowed by each. */
struct libssh2channel_session {
	LIBSSH2_SESSION *session; /* not blocking */
	struct netbuf *netbuf;    /* of its connection */
	bool *closed;             /* set when the session has failed */
	size_t *channels;         /* the number of them */
};

/* See transport_ops: ERROR_DENIED or ERROR_UNAVAILABLE.  Does not block. */
enum transport_result libssh2channel_open(const struct libssh2channel_session *owner,
                                          const char *host, uint16_t port,
                                          struct stream **stream, struct error *err);

/* See libssh2conn_drain().  Does not block. */
enum transport_result libssh2channel_drain(const struct libssh2channel_session *owner);

/* Does this error of libssh2 end the whole session? */
bool libssh2channel_is_fatal(ssize_t rc);

#endif
