/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "command/command.h"

int command_usage(struct error *err, const char *how)
{
	return error_set(err, ERROR_USAGE, "usage: %s", how);
}
