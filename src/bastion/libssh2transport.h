/* SPDX-License-Identifier: MIT */
/*
 * libssh2transport.h - a login on a bastion by libssh2, which is probed when it is quiet.
 */
#ifndef BASTION_LIBSSH2TRANSPORT_H
#define BASTION_LIBSSH2TRANSPORT_H

struct error;
struct transport;
struct transport_config;

/* See transport_start.  Blocks as authkeys_start(), and for up to 6 s for the name lookup
 * unless config->peer_address is known.  ERROR_CONFIG (no key) or ERROR_UNAVAILABLE. */
struct transport *libssh2transport_start(const struct transport_config *config,
                                         struct error *err);

#endif
