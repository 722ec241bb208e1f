/* SPDX-License-Identifier: MIT */
/*
 * libssh2flaws.h - the known holes of libssh2 that a bastion, or an attacker in its
 * place, reaches before its host key is checked, and what must not be used because of
 * them.
 *
 * 1.11.0 and 1.11.1 overflow a buffer when a key of type ssh-rsa meets a crafted list of
 * signature algorithms (RSA), crash in AES-GCM, and overflow a buffer in the MACs with
 * encrypt-then-MAC (CIPHERS).  Distributions patch them under the same version number.
 * OpenSSH takes over what libssh2 may not do.  No function blocks.
 */
#ifndef BASTION_LIBSSH2FLAWS_H
#define BASTION_LIBSSH2FLAWS_H

#include <stdbool.h>
#include <stddef.h>

enum { LIBSSH2FLAWS_CIPHERS = 1, LIBSSH2FLAWS_RSA = 2 };

/* The flaws of a version ("1.11.1", as libssh2_version() says at run time), without those
 * that the packager knows to be patched. */
unsigned int libssh2flaws_of(const char *version, unsigned int patched);

/* May this cipher or MAC be offered? */
bool libssh2flaws_allow_algorithm(unsigned int flaws, const char *name, size_t len);

/* May libssh2 be given this public key blob (wire format) for a login? */
bool libssh2flaws_allow_key(unsigned int flaws, const void *blob, size_t len);

#endif
