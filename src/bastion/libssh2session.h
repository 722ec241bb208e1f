/* SPDX-License-Identifier: MIT */
/*
 * libssh2session.h - a session of libssh2 over a netbuf, with modern algorithms only.  A
 * part of bastion/libssh2conn and bastion/libssh2hostkey, which alone may include it: it
 * shows libssh2's types.  Nothing blocks.
 */
#ifndef BASTION_LIBSSH2SESSION_H
#define BASTION_LIBSSH2SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include <libssh2.h>

#include "base/error.h"

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

/* The beginning of what a peer sent; all zero at first. */
struct libssh2session_start {
	char text[32];
	size_t len;
	size_t lines; /* before its identification */
	bool over;    /* libssh2 may read */
	bool more;    /* bytes have come behind the identification */
};

/* Copy it from netbuf, and take lines before the identification away.  Called before each
 * step of the handshake, which reads the rest. */
void libssh2session_note_start(struct libssh2session_start *start, struct netbuf *netbuf);

/* Is the peer a server of another protocol, which may wait long for its client? */
bool libssh2session_is_foreign(const struct libssh2session_start *start);

/*
 * Did the peer hang up between its identification and its SSH_MSG_KEXINIT?  So does a
 * server of libssh that has no algorithm in common with its client and has read that
 * client's SSH_MSG_KEXINIT first.  closed: the connection has ended.
 */
bool libssh2session_left_early(const struct libssh2session_start *start, bool closed);

/*
 * Did a handshake fail because no banner of SSH came?  The end of a sentence, static:
 * ERROR_RETRY for sshd's words beyond MaxStartups or under a penalty, or for nothing at
 * all (older sshd); ERROR_UNAVAILABLE for what is no SSH server.  NULL: there was a
 * banner. closed: the connection has ended.
 */
const char *libssh2session_no_banner(LIBSSH2_SESSION *session,
                                     const struct libssh2session_start *start,
                                     bool closed, enum error_code *code);

#endif
