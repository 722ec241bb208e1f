/* SPDX-License-Identifier: MIT */
#ifndef CLI_PROXYWARNING_H
#define CLI_PROXYWARNING_H

struct config;

/*
 * Warn on stderr when the API was reached through a proxy and from-ip is AUTO: leases
 * then open the firewall for the proxy's address, not for the one that ssh comes from.
 * Does not block.
 */
void proxywarning_print(const struct config *config);

#endif
