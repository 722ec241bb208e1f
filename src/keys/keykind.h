/* SPDX-License-Identifier: MIT */
/*
 * keykind.h - the kind of a public key, by the type that its blob (RFC 4253 section 6.6)
 * names: which programs can log in with it.  Nothing here blocks.
 */
#ifndef KEYS_KEYKIND_H
#define KEYS_KEYKIND_H

#include <stdbool.h>

struct strbuf;

/* Is it a key that libssh2 takes?  Certificates and FIDO keys (sk-) are not. */
bool keykind_is_plain(const struct strbuf *blob);

/* Is it an RSA key, with which more than one algorithm signs? */
bool keykind_is_rsa(const struct strbuf *blob);

/* Is it a certificate of OpenSSH? */
bool keykind_is_certificate(const struct strbuf *blob);

#endif
