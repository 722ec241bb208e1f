/* SPDX-License-Identifier: MIT */
/*
 * keyfile.h - a private key's file: may it be used, in which form and how encrypted is
 * it, which public key belongs to it.
 *
 * Reads the form "openssh-key-v1" (PROTOCOL.key of OpenSSH) and FILE.pub; the inside of
 * PEM and PKCS#8 is for keys/sshkey.  No cryptography.  Does not block, not even on a
 * FIFO.
 */
#ifndef KEYS_KEYFILE_H
#define KEYS_KEYFILE_H

#include <stdbool.h>

#include "base/strbuf.h"

struct error;

enum keyfile_form {
	KEYFILE_UNKNOWN = 0,
	KEYFILE_OPENSSH, /* openssh-key-v1 */
	KEYFILE_PEM,     /* PEM or PKCS#8 */
	KEYFILE_PUBLIC,  /* a public key, or a certificate of OpenSSH */
	KEYFILE_PUTTY,   /* .ppk */
	KEYFILE_OTHER,   /* PEM of something else, such as an X.509 certificate */
};

struct keyfile {
	enum keyfile_form form;
	struct strbuf text;   /* the file; empty when only FILE.pub is there */
	struct strbuf secret; /* openssh-key-v1, not encrypted: the private section */
	struct strbuf blob;   /* the public key (wire format), as far as known */
	bool encrypted;
	bool certified; /* FILE-cert.pub is there */
};

#define KEYFILE_INIT \
	{ \
		.text = STRBUF_SECRET, .secret = STRBUF_SECRET, .blob = STRBUF_INIT \
	}

/*
 * Read the key file at path into *key, which keyfile_release() wipes.  A file that is a
 * public key, or only FILE.pub, is read as well: the private half may be in ssh-agent.
 * -1 with ERROR_CONFIG when there is no file, when other users can read it (as ssh
 * refuses it), or when it is no key, with what it is instead.
 */
int keyfile_read(const char *path, struct keyfile *key, struct error *err);
void keyfile_release(struct keyfile *key);

/* Parse key->text; path is for messages.  -1 with ERROR_CONFIG as keyfile_read(). */
int keyfile_parse(struct keyfile *key, const char *path, struct error *err);

/* Append the key's blob (SSH wire format) to the empty *blob from the text of a FILE.pub,
 * "type base64 comment"; left empty when it is none. */
void keyfile_parse_public(const char *text, struct strbuf *blob);

/*
 * Append the private key in raw, as an API or an editor may have changed it, to *text, as
 * ssh takes it: CR LF, the two characters "\n" for a line end, blanks around lines, and
 * text around the key are undone.  False, and *text as it was, when raw holds no whole
 * private key.
 */
bool keyfile_normalise(const char *raw, struct strbuf *text);

/* Is the file at path a whole private key, as ssh takes it?  True also for one that this
 * user cannot read: then ssh says why. */
bool keyfile_is_usable(const char *path);

/* Must ssh-agent help where the key file is path: it is encrypted, or only a public key?
 * False for what keyfile_read() refuses. */
bool keyfile_needs_agent(const char *path);

#endif
