/* SPDX-License-Identifier: MIT */
/*
 * opensshtransport.h - a login on a bastion by the system's own ssh, for what libssh2
 * cannot do: a private ControlMaster, asked for channels by bastion/opensshmux.
 */
#ifndef BASTION_OPENSSHTRANSPORT_H
#define BASTION_OPENSSHTRANSPORT_H

struct error;
struct transport;
struct transport_config;

/* Start ssh.  NULL with err when there is none.  One at a time per gateway. */
struct transport *opensshtransport_start(const struct transport_config *config,
                                         struct error *err);

#endif
