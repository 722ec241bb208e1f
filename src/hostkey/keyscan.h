/* SPDX-License-Identifier: MIT */
/*
 * keyscan.h - the host key of a bastion, by OpenSSH's ssh-keyscan, to compare it with a
 * fingerprint that the user gave.
 */
#ifndef HOSTKEY_KEYSCAN_H
#define HOSTKEY_KEYSCAN_H

#include <stdint.h>

#include "base/deadline.h"

struct error;
struct strbuf;
struct strvec;

/*
 * Set *blob (SSH wire format) to the key that the server at address:port shows: of the
 * first of these types ("ssh-rsa") that it has, else of Ed25519, ECDSA, RSA.  The key is
 * not proven.  Blocks, at most until the deadline.  -1 with ERROR_UNAVAILABLE, and *blob
 * as it was.
 */
int keyscan(const char *address, uint16_t port, const struct strvec *types,
            struct strbuf *blob, struct deadline until, struct error *err);

#endif
