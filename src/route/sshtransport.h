/*
 * sshtransport.h - a login on a bastion by the system's own ssh, for what libssh2
 * cannot do: a private ControlMaster, asked for channels by route/sshmux.
 */
#ifndef ROUTE_SSHTRANSPORT_H
#define ROUTE_SSHTRANSPORT_H

struct error;
struct login;
struct login_config;

/* Start ssh.  NULL with err when there is none.  One at a time per gateway. */
struct login *sshtransport_start(const struct login_config *config, struct error *err);

#endif
