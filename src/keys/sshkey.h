/* SPDX-License-Identifier: MIT */
/*
 * sshkey.h - one private key in memory, by libcrypto: its public half, and signatures by
 * it.  RSA, ECDSA and Ed25519 keys in OpenSSH's own form, PEM and PKCS#8, as long as
 * they are not encrypted.  Does not block.
 */
#ifndef KEYS_SSHKEY_H
#define KEYS_SSHKEY_H

#include <stdbool.h>

struct sshkey;
struct error;
struct keyfile;
struct strbuf;

/* The private key of a file; sshkey_free() wipes it.  NULL when it cannot be used: of
 * another type, damaged, or encrypted, which *encrypted tells. */
struct sshkey *sshkey_read(const struct keyfile *file, bool *encrypted);
void sshkey_free(struct sshkey *key); /* NULL is allowed */

/* Append the public half (SSH wire format); false when SSH has no such key type. */
bool sshkey_public(const struct sshkey *key, struct strbuf *blob);

/* Append the private key as ssh-agent takes it (draft-miller-ssh-agent section 3.2) to
 * *out, a secret buffer; false when it takes no such key type. */
bool sshkey_private(const struct sshkey *key, struct strbuf *out);

/* Append the signature of data for algorithm ("rsa-sha2-256", "ssh-ed25519") as SSH
 * frames it, without the algorithm's name.  -1 with ERROR_DENIED. */
int sshkey_sign(const struct sshkey *key, const char *algorithm,
                const struct strbuf *data, struct strbuf *signature, struct error *err);

#endif
