/* SPDX-License-Identifier: MIT */
/*
 * libssh2transport.h - a login on a bastion by libssh2: dialled, greeted, logged in, and
 * then watched for signs of life.
 */
#ifndef BASTION_LIBSSH2TRANSPORT_H
#define BASTION_LIBSSH2TRANSPORT_H

struct error;
struct transport;
struct transport_config;

/* Begin.  NULL with err when there is no key, or the address cannot be one. */
struct transport *libssh2transport_start(const struct transport_config *config,
                                         struct error *err);

#endif
