/* SPDX-License-Identifier: MIT */
/*
 * tunnelrun.h - keeps an ssh with forwardings connected, in this process or in one in the
 * background.
 */
#ifndef COMMAND_TUNNELRUN_H
#define COMMAND_TUNNELRUN_H

#include <stdbool.h>

#include "base/strvec.h"
#include "command/tunnelstate.h"

struct error;

struct tunnel {
	struct tunnelstate state; /* the caller sets host and forwards */
	struct strvec argv;       /* of ssh */
	bool background;
};
void tunnel_release(struct tunnel *tunnel);

/*
 * Run ssh, and again when its connection was lost; print what leads where once the ports
 * are open.  With background set a child does that, and this function returns when it is
 * connected.  The exit status: that of the first ssh where that did not connect, 0 when a
 * signal ends it; -1 with ERROR_UNAVAILABLE after an hour without a connection,
 * ERROR_RETRY where the child is not connected in time.  Blocks.
 */
int tunnel_run(struct tunnel *tunnel, struct error *err);

#endif
