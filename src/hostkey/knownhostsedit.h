/* SPDX-License-Identifier: MIT */
/*
 * knownhostsedit.h - cxssh's known_hosts listed, and edited: the key of a server or
 * bastion that the user forgets, and names that a changed fleet gives to other servers.
 * Every other byte stays: comments, lines and names by hand, @revoked, @cert-authority.
 *
 * Functions that write block for the file's lock, up to 5 s (ERROR_RETRY); a file that
 * cannot be read or written is ERROR_CONFIG.
 */
#ifndef HOSTKEY_KNOWNHOSTSEDIT_H
#define HOSTKEY_KNOWNHOSTSEDIT_H

#include <stdbool.h>

#include "base/strvec.h"
#include "hostkey/knownhostsline.h"

struct error;

struct knownhostsedit_owner {
	struct strvec names; /* of this server alone; the first one identifies */
	struct strvec roles; /* shared with other servers: "cxssh-STACK.ROLE", and a
	                        role's alias */
};

struct knownhostsedit_forgotten {
	struct strvec keys;    /* "ssh-ed25519 SHA256:...": those removed */
	struct strvec revoked; /* likewise: those that stay refused */
	bool kept;             /* a line with a pattern still has a key for it */
	bool certified;        /* it has a @cert-authority */
};

/* Remove the keys of owner: under its own names any key, under the names of roles only
 * its own keys.  Hashed names are found, too.  Fills *done, which the caller releases. */
int knownhostsedit_forget(const struct knownhostsedit_owner *owner,
                          struct knownhostsedit_forgotten *done, struct error *err);
void knownhostsedit_forgotten_release(struct knownhostsedit_forgotten *done);

/* True when name may stay on a line whose key belongs to owner ("cxssh-UID"). */
typedef bool knownhostsedit_keep_fn(const char *owner, const char *name, void *cookie);

/* Remove the names that keep() does not want; it is called for aliases and roles. */
int knownhostsedit_prune(knownhostsedit_keep_fn *keep, void *cookie, struct error *err);

/* Call each() for every line with a key.  line and fingerprint are borrowed. */
typedef void knownhostsedit_each_fn(const struct kh_line *line, const char *fingerprint,
                                    void *cookie);
int knownhostsedit_list(knownhostsedit_each_fn *each, void *cookie, struct error *err);

/* Does a line without a marker match one of the owner's own names, hashed and patterns
 * included? */
bool knownhostsedit_knows(const struct knownhostsedit_owner *owner);

#endif
