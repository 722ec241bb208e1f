/* SPDX-License-Identifier: MIT */
/*
 * verify.h - is a host key to be trusted?  By ~/.ssh/cxssh/known_hosts, and at the first
 * contact by the user's own ~/.ssh/known_hosts.  What cannot be decided is refused.
 *
 * Functions read these files and block on no network; those with a lock say so.  A file
 * that cannot be read is ERROR_CONFIG, or ERROR_TRUST where it may speak against a key.
 */
#ifndef HOSTKEY_VERIFY_H
#define HOSTKEY_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"
#include "base/strbuf.h"
#include "base/strvec.h"

struct error;

struct hostkey_peer {
	struct strvec names; /* to keep the key under; the first one identifies */
	const char *address; /* its name in ~/.ssh/known_hosts, or NULL: not looked up */
	const char *called;  /* for messages: alias or address */
	struct deadline until; /* for the lock of cxssh's file */
};

/*
 * Decide on the key (SSH wire format) that peer showed.
 *
 * Refused when it is @revoked in cxssh's file under any of names, or in the user's file
 * for address.  When cxssh's file knows names[0], it must be that key.  When not, it must
 * be a key that the user's file has for address, if it has any; else the first contact is
 * believed.  A key that is accepted is written to cxssh's file under all names.  Where
 * that has a @cert-authority for names[0], no key is learnt.
 *
 * 0 when the key is to be trusted.  -1 with ERROR_TRUST and the command that helps,
 * ERROR_RETRY when the lock was not free in time, ERROR_UNAVAILABLE for a key of no known
 * form, or ERROR_CONFIG for a file that cannot be read or written.  Blocks for the lock,
 * which a key that is known under all names does not need.
 */
int hostkey_verify_or_learn(const struct hostkey_peer *peer, const unsigned char *blob,
                            size_t len, struct error *err);

/*
 * Push the key types that peer is known by, for the handshake to ask for, each once and
 * in ssh's order.  To of_roles (or NULL): the types that the roles among its names are
 * known by.  ssh asks each server of a role for its preferred type among those; a server
 * that has that type but is known by another would look like an impostor.
 */
void hostkey_types(const struct hostkey_peer *peer, struct strvec *types,
                   struct strvec *of_roles);

/* When names[0] has a key or a @cert-authority in cxssh's file, let it stand for all of
 * names: 1; 0 when it has none; -1 as hostkey_verify_or_learn().  Blocks for the lock. */
int hostkey_add_names(const struct strvec *names, struct deadline until,
                      struct error *err);

/* Does ~/.ssh/known_hosts have a key for address? */
bool hostkey_users_know(const char *address);

/* What OpenSSH must be told about a bastion's host key. */
struct hostkey_of_bastion {
	bool own;              /* cxssh's file has a key or a @cert-authority for it */
	bool users;            /* the user's file has a key for its address */
	struct strbuf revoked; /* "type base64\n" for each key that the user's file
	                          marks @revoked; the caller releases it */
};
int hostkey_of_bastion(const char *address, struct hostkey_of_bastion *known,
                       struct error *err);

/* Make the file when it is not there: some ssh clients refuse a UserKnownHostsFile that
 * is missing.  -1 with ERROR_CONFIG. */
int hostkey_touch(struct error *err);

#endif
