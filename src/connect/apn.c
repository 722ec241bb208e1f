/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stddef.h>

#include "base/error.h"
#include "connect/apn.h"
#include "net/dial.h"
#include "route/routefile.h"
#include "runtime/log.h"

enum { APN_MS = 1500 };

int apn_connect(const struct route *route, uint16_t port, struct deadline until)
{
	struct deadline soon = deadline_within(until, APN_MS);
	struct error ignored = ERROR_INIT;
	struct dial *dial;
	int fd = -1;

	if (route->apn == NULL)
		return -1;
	dial = dial_start(route->apn, port, soon, &ignored);
	while (dial != NULL && (fd = dial_step(dial)) == -1 && !deadline_passed(soon) &&
	       !dial_refused(dial)) {
		struct pollfd pfds[DIAL_FDS];
		int wait_ms = deadline_left(soon);
		size_t n = dial_poll(dial, pfds, DIAL_FDS, &wait_ms);

		if (wait_ms < 0 || wait_ms > deadline_left(soon))
			wait_ms = deadline_left(soon);
		(void)poll(pfds, (nfds_t)n, wait_ms);
	}
	dial_free(dial);
	if (fd != -1)
		log_step("connected to %s (%s)", route->alias, route->apn);
	else
		log_step("%s does not answer: %s is tried without it", route->apn,
		         route->alias);
	return fd;
}
