/* SPDX-License-Identifier: MIT */
/*
 * fingerprint.h - a public key as people compare it: "SHA256:" and base64 without
 * padding, as ssh-keygen -l prints it.
 */
#ifndef HOSTKEY_FINGERPRINT_H
#define HOSTKEY_FINGERPRINT_H

#include <stddef.h>

enum { FINGERPRINT_SIZE = 64 };

/* Of a key in base64, len characters of it, into out; "?" where that is no base64. */
const char *fingerprint_of(const char *key, size_t len, char out[FINGERPRINT_SIZE]);

#endif
