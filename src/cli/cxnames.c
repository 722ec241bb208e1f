/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "cli/cxnames.h"

static const struct {
	const char *name, *instead;
} replaced[] = {
	{ "servers", "cxssh list" },
	{ "stacks", "cxssh list" },
	{ "gateways", "cxssh gateway list" },
	{ "config", "cxssh profile list" },
	{ "info", "cxssh whoami" },
	{ "version", "cxssh --version" },
	{ "update", "cxssh --version" },
	{ "ssh-config", "cxssh key upload" },
	{ "containers", "cxssh run --help" },
	{ "services", "cxssh run --help" },
	{ "processes", "cx processes" },
	{ "redeploy", "cx redeploy" },
	{ "restart", "cx restart" },
	{ "env-vars", "cx env-vars" },
	{ "settings", "cx settings" },
	{ "backups", "cx backups" },
	{ "jobs", "cx jobs" },
	{ "databases", "cx databases" },
	{ "formations", "cx formations" },
	{ "stencils", "cx stencils" },
	{ "snapshots", "cx snapshots" },
	{ "clouds", "cx clouds" },
	{ "users", "cx users" },
	{ "register-server", "cx register-server" },
	{ "clear-caches", "cx clear-caches" },
};

const char *cxnames_instead(const char *name)
{
	for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
		if (strcmp(replaced[i].name, name) == 0)
			return replaced[i].instead;
	}
	return NULL;
}
