/* SPDX-License-Identifier: MIT */
/*
 * knownhostsedit.h - our known_hosts as a list, and what is taken out of it: the key
 * of a server or a bastion that a person no longer believes, and names that a fleet
 * which has changed gives to others.  All else in it stays as it is, byte by byte:
 * comments, lines and names by hand, @revoked, @cert-authority.
 */
#ifndef HOSTKEY_KNOWNHOSTSEDIT_H
#define HOSTKEY_KNOWNHOSTSEDIT_H

#include <stdbool.h>

#include "base/strvec.h"
#include "hostkey/knownhostsline.h"

struct error;

struct knownhostsedit_owner {
	struct strvec names; /* its own; the first one identifies, see verify.h */
	struct strvec roles; /* those that it shares with others: "cxssh-STACK.ROLE" */
};

struct knownhostsedit_forgotten {
	struct strvec keys;    /* "ssh-ed25519 SHA256:...": what it was known by */
	struct strvec revoked; /* ... and what stays refused */
	bool kept;             /* a pattern by hand still has a key for it */
	bool certified;        /* it has a @cert-authority */
};

/*
 * Take out the keys of owner: under its own names any key, under the names of roles
 * only its own.  Hashed names are found, too.  Blocks for the lock, up to 5 s.
 */
int knownhostsedit_forget(const struct knownhostsedit_owner *owner,
                          struct knownhostsedit_forgotten *done, struct error *err);
void knownhostsedit_forgotten_release(struct knownhostsedit_forgotten *done);

/* Is name, on a line whose key belongs to owner ("cxssh-UID"), to stay? */
typedef bool knownhostsedit_keep_fn(const char *owner, const char *name, void *cookie);

/* Take the names out that keep() does not want.  Asked for are aliases and roles. */
int knownhostsedit_prune(knownhostsedit_keep_fn *keep, void *cookie, struct error *err);

/* Call each() for every line that is one.  fingerprint is SHA256, as people read it. */
typedef void knownhostsedit_each_fn(const struct kh_line *line, const char *fingerprint,
                                    void *cookie);
int knownhostsedit_list(knownhostsedit_each_fn *each, void *cookie, struct error *err);

/* Does a plain line mean one of the owner's own names, hashed or by a pattern, too? */
bool knownhostsedit_knows(const struct knownhostsedit_owner *owner);

#endif
