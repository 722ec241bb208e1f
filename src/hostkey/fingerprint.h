/* SPDX-License-Identifier: MIT */
/*
 * fingerprint.h - a public key as ssh-keygen -l prints it: "SHA256:" and base64 without
 * padding.  Does not block.
 */
#ifndef HOSTKEY_FINGERPRINT_H
#define HOSTKEY_FINGERPRINT_H

#include <stddef.h>

struct strbuf;

enum { FINGERPRINT_SIZE = 64 };

/* Write the fingerprint of a key (len characters of base64) to out, "?" when it is no
 * base64; returns out. */
const char *fingerprint_of(const char *key, size_t len, char out[FINGERPRINT_SIZE]);

/* The same of a key in SSH wire format. */
const char *fingerprint_of_blob(const struct strbuf *blob, char out[FINGERPRINT_SIZE]);

/* The version of OpenSSL, for --version. */
const char *fingerprint_openssl(void);

#endif
