/*
 * lane.h - a login on a bastion by libssh2: dialled, greeted, logged in, and then
 * watched for signs of life.
 */
#ifndef BASTION_LIBSSH2TRANSPORT_H
#define BASTION_LIBSSH2TRANSPORT_H

struct error;
struct login;
struct login_config;

/* Begin.  NULL with err when there is no key, or the address cannot be one. */
struct login *lane_start(const struct login_config *config, struct error *err);

#endif
