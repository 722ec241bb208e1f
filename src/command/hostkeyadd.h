/* SPDX-License-Identifier: MIT */
/*
 * hostkeyadd.h - cxssh hostkey add: pin a host key before the first contact.
 */
#ifndef COMMAND_HOSTKEYADD_H
#define COMMAND_HOSTKEYADD_H

struct config;
struct error;

/*
 * Write the host key of the server or bastion called host into known_hosts: the one in a
 * file (a .pub file, or lines of known_hosts or ssh-keyscan), or the one that the host
 * shows and whose fingerprint ("SHA256:...") is key; for the latter it is connected to.
 * Nothing is written when it shows another one.  Blocks, up to a minute.  -1 with
 * ERROR_USAGE, ERROR_CONFIG (no key in the file), ERROR_TRUST (another key is known or
 * shown), or as prepare_target().
 */
int hostkey_add(const char *host, const char *key, const struct config *config,
                struct error *err);

#endif
