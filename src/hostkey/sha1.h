/* SPDX-License-Identifier: MIT */
/*
 * sha1.h - SHA-1 (RFC 3174) and HMAC-SHA1 (RFC 2104), for the hashed names of
 * known_hosts, which are defined by it.  For nothing that is to be safe: SHA-1 is not.
 * Ours, because cxssh-proxy links no library, and a confined broker starts no program.
 */
#ifndef HOSTKEY_SHA1_H
#define HOSTKEY_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_SIZE = 20, SHA1_BLOCK = 64 };

struct sha1 {
	uint32_t state[5];
	uint64_t len; /* bytes so far */
	unsigned char block[SHA1_BLOCK];
};

void sha1_begin(struct sha1 *s);
void sha1_add(struct sha1 *s, const void *bytes, size_t len);
void sha1_end(struct sha1 *s, unsigned char digest[static SHA1_SIZE]);

/* mac may be key or bytes. */
void sha1_hmac(const void *key, size_t key_len, const void *bytes, size_t len,
               unsigned char mac[static SHA1_SIZE]);

#endif
