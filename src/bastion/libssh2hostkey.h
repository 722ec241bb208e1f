/* SPDX-License-Identifier: MIT */
/*
 * libssh2hostkey.h - a handshake that only wants a server's host key.
 *
 * A part of bastion/libssh2conn in that it knows libssh2; needs no login, and believes
 * the key no more than that the server has its private half.
 */
#ifndef BASTION_LIBSSH2HOSTKEY_H
#define BASTION_LIBSSH2HOSTKEY_H

#include "base/deadline.h"

struct error;
struct strbuf;
struct strvec;

/*
 * Speak SSH over the connected socket fd (borrowed) just far enough to learn the
 * server's host key: append its blob (wire format) to *blob, then say goodbye.
 * prefer: key types to ask for first, may be empty.  Blocks until the deadline.
 * ERROR_RETRY when it hung up without a word, as one with too many callers does.
 * LIBSSH2HOSTKEY_UNABLE, and err set, when libssh2 has no algorithm in common with it:
 * another program may.  0 when it is learnt, -1 for all else.
 */
enum { LIBSSH2HOSTKEY_UNABLE = -2 };
int libssh2hostkey_learn(int fd, const struct strvec *prefer, struct strbuf *blob,
                         struct deadline until, struct error *err);

#endif
