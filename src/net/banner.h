/* SPDX-License-Identifier: MIT */
/*
 * banner.h - wait for the first bytes of an SSH server.
 *
 * An sshd with too many connections that are not logged in (MaxStartups in
 * sshd_config(5)), or one that punishes the client's address (PerSourcePenalties),
 * accepts a connection and closes it.  A client that checks the first bytes before it
 * hands the connection over can try again.
 */
#ifndef NET_BANNER_H
#define NET_BANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"

struct error;

enum banner {
	BANNER_HERE,   /* an SSH server speaks; nothing is consumed */
	BANNER_BUSY,   /* sshd up to 9.7: too many connections */
	BANNER_BARRED, /* sshd since 9.8: too many connections, or a penalty */
	BANNER_HUNG,   /* closed without a byte, as sshds before 8.5 do */
	BANNER_ALIEN, /* no SSH server: the peer said something else, or endlessly much */
	BANNER_LATE,  /* no banner until the deadline */
	BANNER_GONE,  /* the caller closed its end */
};

/*
 * Block until the banner on fd, the deadline, or a hang-up of the descriptor caller (-1:
 * none).  As ssh(1) does, accepts other lines before it (RFC 4253, 4.2), up to 1024 lines
 * and 64 KB.
 */
enum banner banner_await(int fd, int caller, struct deadline until);

/* Does text begin as what servers of other protocols say first?  Some of them then wait
 * for the client.  Does not block. */
bool banner_is_foreign(const char *text, size_t len);

/* Why no session is possible after BANNER_BUSY or _BARRED (ERROR_RETRY), _HUNG or _ALIEN
 * (ERROR_UNAVAILABLE); called: the name that the user knows.  Returns -1.  Does not
 * block. */
int banner_refusal(enum banner seen, const char *called, const char *address,
                   struct error *err);

#endif
