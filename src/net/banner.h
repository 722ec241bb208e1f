/* SPDX-License-Identifier: MIT */
/*
 * banner.h - wait for the first bytes of an SSH server.
 *
 * An sshd with too many connections that are not logged in (MaxStartups in
 * sshd_config(5)) accepts a connection and closes it.  A client that checks the first
 * bytes before it hands the connection over can try again.
 */
#ifndef NET_BANNER_H
#define NET_BANNER_H

#include "base/deadline.h"

enum banner {
	BANNER_HERE, /* bytes have come; none is consumed */
	BANNER_BUSY, /* the server said that it has too many connections */
	BANNER_HUNG, /* the server closed the connection without a byte, as older sshds do
	              */
	BANNER_LATE, /* no byte until the deadline */
	BANNER_GONE, /* the caller closed its end */
};

/* Block until the first bytes on fd, the deadline, or a hang-up of the descriptor caller
 * (-1: none). */
enum banner banner_await(int fd, int caller, struct deadline until);

#endif
