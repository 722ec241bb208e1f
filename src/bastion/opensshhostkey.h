/* SPDX-License-Identifier: MIT */
/*
 * opensshhostkey.h - learn a server's host key by the system's ssh, without login: for
 * servers with which libssh2 has no algorithm in common.
 */
#ifndef BASTION_OPENSSHHOSTKEY_H
#define BASTION_OPENSSHHOSTKEY_H

#include "base/deadline.h"

struct error;
struct strbuf;
struct strvec;

/*
 * Append the blob (wire format) of the host key that the server at the connected socket
 * fd (borrowed, of no use afterwards) shows to ssh, and proves to hold: of the first of
 * these types ("ssh-rsa") that it has, else of another.  The server sees a caller, user,
 * that offers no key.  Blocks until the deadline.  -1 with ERROR_UNAVAILABLE or
 * ERROR_CONFIG.
 */
int opensshhostkey_learn(int fd, const char *user, const struct strvec *types,
                         struct strbuf *blob, struct deadline until, struct error *err);

#endif
