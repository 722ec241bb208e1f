/* SPDX-License-Identifier: MIT */
/*
 * opensshtransport.h - a login on a bastion by ssh(1), for what libssh2 cannot do: a
 * ControlMaster of the broker's own, whose channels bastion/opensshmux opens.
 */
#ifndef BASTION_OPENSSHTRANSPORT_H
#define BASTION_OPENSSHTRANSPORT_H

struct error;
struct transport;
struct transport_config;

/* See transport_start: starts ssh, at most one per gateway.  Reads known_hosts; does not
 * wait for the network.  ERROR_CONFIG, ERROR_TRUST or ERROR_INTERNAL. */
struct transport *opensshtransport_start(const struct transport_config *config,
                                         struct error *err);

#endif
