/* SPDX-License-Identifier: MIT */
/*
 * banner.h - has the server spoken?
 *
 * An sshd with too many callers who have not logged in yet (MaxStartups in
 * sshd_config(5)) accepts a connection and closes it again.  Whoever looks at the
 * first bytes before the connection is handed over can try again.
 */
#ifndef NET_BANNER_H
#define NET_BANNER_H

#include "base/deadline.h"

enum banner {
	BANNER_HERE, /* the server speaks; nothing of it is consumed */
	BANNER_BUSY, /* it said that it has too many callers */
	BANNER_HUNG, /* it hung up without a word, as older ones do then */
	BANNER_LATE, /* not a word until the deadline */
	BANNER_GONE, /* the caller hung up */
};

/* Wait for the first bytes on fd; caller: a descriptor whose hang-up ends it, or -1. */
enum banner banner_await(int fd, int caller, struct deadline until);

#endif
