/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/proxywarning.h"
#include "http/outbound.h"
#include "runtime/config.h"

void proxywarning_print(const struct config *config)
{
	if (strcmp(config->from_ip, "AUTO") == 0 && outbound_was_proxied())
		(void)fputs("cxssh: warning: the API is reached through a proxy, so "
		            "leases open "
		            "the firewall for the proxy's address; set from-ip in "
		            "~/.config/cxssh/config to the address that ssh comes from\n",
		            stderr);
}
