/* SPDX-License-Identifier: MIT */
/*
 * libssh2hostkey.h - learn a server's host key by a handshake of libssh2, without login.
 * The handshake proves only that the server has the private half.
 */
#ifndef BASTION_LIBSSH2HOSTKEY_H
#define BASTION_LIBSSH2HOSTKEY_H

#include "base/deadline.h"

struct error;
struct strbuf;
struct strvec;

/*
 * Append the blob (wire format) of the host key of the server at the connected socket fd
 * (borrowed), then disconnect.  prefer: key types to ask for first, may be empty.  Blocks
 * until the deadline.  0, or -1 with ERROR_RETRY (hung up before its banner) or
 * ERROR_UNAVAILABLE; LIBSSH2HOSTKEY_UNABLE, with err, when libssh2 has, or may have, no
 * algorithm in common with the server: another program may have one.
 */
enum { LIBSSH2HOSTKEY_UNABLE = -2 };
int libssh2hostkey_learn(int fd, const struct strvec *prefer, struct strbuf *blob,
                         struct deadline until, struct error *err);

#endif
