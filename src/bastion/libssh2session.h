/* SPDX-License-Identifier: MIT */
/*
 * libssh2session.h - a session of libssh2 over a netbuf, with modern algorithms only.  A
 * part of bastion/libssh2conn and bastion/libssh2hostkey, which alone may include it: it
 * shows libssh2's types.  Nothing blocks.
 */
#ifndef BASTION_LIBSSH2SESSION_H
#define BASTION_LIBSSH2SESSION_H

#include <stdbool.h>

#include <libssh2.h>

struct strvec;
struct netbuf;

/* A non-blocking session that borrows netbuf.  known: host key types to ask for first.
 * old: take ssh-rsa (SHA-1) host key signatures, too, last. */
LIBSSH2_SESSION *libssh2session_new(struct netbuf *netbuf, const struct strvec *known,
                                    bool old);

/* The flaws of the libssh2 that runs, see libssh2flaws_of(). */
unsigned int libssh2session_flaws(void);

/* What an error of a handshake or login means, as the end of a sentence about the peer:
 * "it hung up".  Static.  The number goes to the log. */
const char *libssh2session_reason(int error);

/* Did the peer hang up before its banner, as sshd does beyond MaxStartups
 * (sshd_config(5))?  closed: the connection has ended; error: of the handshake. */
bool libssh2session_turned_away(LIBSSH2_SESSION *session, bool closed, int error);

#endif
