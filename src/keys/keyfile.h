/* SPDX-License-Identifier: MIT */
/*
 * keyfile.h - a private key's file as it lies on the disk: may it be used, how is
 * it wrapped, is it encrypted, which public key belongs to it.
 *
 * Knows the form "openssh-key-v1" (PROTOCOL.key of OpenSSH) and FILE.pub; what is
 * inside a PEM or PKCS#8 file it leaves to keys/sshkey.  No cryptography.
 */
#ifndef KEYS_KEYFILE_H
#define KEYS_KEYFILE_H

#include <stdbool.h>

#include "base/strbuf.h"

struct error;

struct keyfile {
	struct strbuf text;   /* all of the file; empty: only FILE.pub is there */
	struct strbuf secret; /* openssh-key-v1, not encrypted: the private section */
	struct strbuf blob;   /* the public key (wire format), as far as known */
	bool openssh;         /* openssh-key-v1 */
	bool encrypted;       /* and by what it says itself */
	bool certified;       /* there is a FILE-cert.pub, too */
};

#define KEYFILE_INIT \
	{ \
		.text = STRBUF_SECRET, .secret = STRBUF_SECRET, .blob = STRBUF_INIT \
	}

/*
 * Read the key file at path.  -1 with ERROR_CONFIG when there is neither it nor
 * FILE.pub, when others can read it (as ssh would refuse), or when it is no key.
 * What is in memory is wiped by keyfile_release().
 */
int keyfile_read(const char *path, struct keyfile *key, struct error *err);
void keyfile_release(struct keyfile *key);

/* What key->text says: 1 when it is an OpenSSH key, 0 when it is something else, -1
 * when it is a damaged one; path is what err calls it. */
int keyfile_parse(struct keyfile *key, const char *path, struct error *err);

/* Take the blob from the text of a FILE.pub, "type base64 comment". */
void keyfile_parse_public(struct keyfile *key, const char *text);

#endif
