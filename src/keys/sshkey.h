/* SPDX-License-Identifier: MIT */
/*
 * sshkey.h - one private key in memory: read from its file, its public half,
 * signatures by it.
 *
 * The only room that includes OpenSSL.  Takes RSA, ECDSA and Ed25519 keys, in
 * OpenSSH's own form, PEM and PKCS#8, as long as they are not encrypted.
 */
#ifndef KEYS_SSHKEY_H
#define KEYS_SSHKEY_H

#include <stdbool.h>

struct sshkey;
struct error;
struct keyfile;
struct strbuf;

/*
 * The private key of a file; wiped by sshkey_free().  NULL, without words,
 * when the file's key cannot be used: of another kind, damaged, or encrypted,
 * in which case *encrypted is set.
 */
struct sshkey *sshkey_read(const struct keyfile *file, bool *encrypted);
void sshkey_free(struct sshkey *key); /* NULL is allowed */

/* Append the public half in SSH's wire format; false when SSH has no such key. */
bool sshkey_public(const struct sshkey *key, struct strbuf *blob);

/* Append the whole key as ssh-agent takes it (draft-miller-ssh-agent section 3.2) to
 * *out, a secret buffer; false when it takes no such key. */
bool sshkey_private(const struct sshkey *key, struct strbuf *out);

/*
 * Append the bare signature of data, as SSH frames it for algorithm
 * ("rsa-sha2-256", "ssh-ed25519"), without the algorithm's name.
 */
int sshkey_sign(const struct sshkey *key, const char *algorithm,
                const struct strbuf *data, struct strbuf *signature, struct error *err);

#endif
