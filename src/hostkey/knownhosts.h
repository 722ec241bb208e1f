/* SPDX-License-Identifier: MIT */
/*
 * knownhosts.h - what a known_hosts file says, read as OpenSSH reads it (sshd(8),
 * SSH_KNOWN_HOSTS FILE FORMAT), and how it is edited: a line or a name more or less,
 * every other byte as it was.  Text in, answers out; no file; does not block.
 *
 * Not libssh2_knownhost_*(), which ignores @revoked and, after one line that it cannot
 * read, the rest of the file.
 */
#ifndef HOSTKEY_KNOWNHOSTS_H
#define HOSTKEY_KNOWNHOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "base/strvec.h"
#include "hostkey/knownhostsline.h"

enum kh_verdict {
	KH_KEY_UNKNOWN, /* no key under this name */
	KH_KEY_MATCH,   /* this key */
	KH_KEY_CHANGED, /* keys under this name that ssh can read, but not this one */
	KH_KEY_REVOKED, /* this key is marked @revoked, under whatever name matches */
};

/* The verdict of text on the key blob (SSH wire format) under name. */
enum kh_verdict kh_check(const char *text, const char *name, const unsigned char *blob,
                         size_t len);

/* Push the key types ("ssh-ed25519") known under name; or is there any? */
void kh_types(const char *text, const char *name, struct strvec *types);
bool kh_knows(const char *text, const char *name);

/* Push the hashed forms ("|1|salt|hash") of name that text has. */
void kh_hashed_names(const char *text, const char *name, struct strvec *forms);

/* Append "name,name type base64\n"; -1 when blob is no public key. */
int kh_format_line(struct strbuf *out, const struct strvec *names,
                   const unsigned char *blob, size_t len);

/* Copy text to out with names added to each line that lists names[0]; true when a name
 * was missing. */
bool kh_add_names(const char *text, const struct strvec *names, struct strbuf *out);

/* True when name is to be removed from line. */
typedef bool kh_drop_fn(const struct kh_line *line, struct kh_span name, void *cookie);

/* Copy text to out without the names of plain lines that drop() says, and without the
 * lines that have none left.  Returns the number of names removed. */
size_t kh_drop_names(const char *text, kh_drop_fn *drop, void *cookie,
                     struct strbuf *out);

/* Copy the key type at the front of blob to out; false when blob is no public key. */
bool kh_key_type(const unsigned char *blob, size_t len, char *out, size_t cap);

#endif
