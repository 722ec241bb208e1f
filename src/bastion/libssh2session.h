/* SPDX-License-Identifier: MIT */
/*
 * libssh2session.h - a session of libssh2 that speaks through a wire and asks for
 * modern algorithms only.  A part of bastion/libssh2conn, which alone may use it, with
 * bastion/libssh2hostkey: it shows libssh2's types.
 */
#ifndef BASTION_LIBSSH2SESSION_H
#define BASTION_LIBSSH2SESSION_H

#include <stdbool.h>

#include <libssh2.h>

struct strvec;
struct netbuf;

/*
 * A session, not blocking, that borrows wire.  known: the host key types to ask for
 * first.  old: take even SHA-1 signatures of RSA host keys, at the very last.
 */
LIBSSH2_SESSION *libssh2session_new(struct netbuf *wire, const struct strvec *known,
                                    bool old);

/*
 * What an error of a handshake or a login means, as the end of a sentence whose
 * subject is the other side: "it hung up".  The number goes to the log.
 */
const char *libssh2session_words(int error);

/*
 * Has the other side hung up before its greeting, and without nonsense?  So does sshd
 * with one too many (MaxStartups in sshd_config(5)).  over: the connection has ended;
 * error: of the handshake.
 */
bool libssh2session_hung_up_at_once(LIBSSH2_SESSION *session, bool over, int error);

#endif
