/* SPDX-License-Identifier: MIT */
/*
 * verify.h - whose host key we believe: our known_hosts file and the rules
 * for a first contact.  Fails closed.
 *
 * Names in it: "cxssh-UID" for a server (also its aliases and roles), and
 * "cxssh-gateway-ADDRESS" for a bastion.
 */
#ifndef HOSTKEY_VERIFY_H
#define HOSTKEY_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"
#include "base/strvec.h"

struct error;
struct strbuf;

struct hostkey_peer {
	struct strvec names; /* what the key is kept under; the first one identifies */
	const char
		*address; /* where it is reached, to be looked up in ~/.ssh/known_hosts */
	const char *called;    /* what a person calls it, for messages */
	struct deadline until; /* how long others may have our file in hand */
};

/* What the key of a target (a server's uid, a role) is kept under, as ssh will ask
 * for it: HostKeyAlias is lowercased.  The caller frees it. */
char *hostkey_alias(const char *target);
char *hostkey_gateway_alias(const char *address);

/* What kind of name is this?  An alias that looks like one of ours is none that a key
 * may be kept under: a stack called "cxssh" can have a server called like a uid. */
enum hostkey_kind {
	HOSTKEY_OTHER,   /* an alias, or by hand */
	HOSTKEY_SERVER,  /* cxssh-UID */
	HOSTKEY_ROLE,    /* cxssh-STACK_UID.ROLE */
	HOSTKEY_GATEWAY, /* cxssh-gateway-ADDRESS */
};
enum hostkey_kind hostkey_kind(const char *name, size_t len);

/*
 * Decide on the key that peer showed.  Revoked in our file under any of names, or in
 * the user's own for address: no.
 * Known under names[0]: it must be that one.  Not known: if the user's own
 * ~/.ssh/known_hosts has keys for address, it must be one of them; else it is believed
 * once.  Either way it is then written to our known_hosts under all names (under a lock;
 * no other line changes).  Where our file has a @cert-authority for names[0], no key is
 * learnt: ERROR_TRUST.  0 when the key is to be trusted; -1 with ERROR_TRUST and what to
 * run, ERROR_RETRY, or the error of a file that cannot be read or written.
 */
int hostkey_verify_or_learn(const struct hostkey_peer *peer, const unsigned char *blob,
                            size_t len, struct error *err);

/* As hostkey_verify_or_learn(), but nothing unknown is learnt: ERROR_TRUST instead. */
int hostkey_verify(const struct hostkey_peer *peer, const unsigned char *blob, size_t len,
                   struct error *err);

/* Push the key types known for peer, each once and in ssh's own order, so that the
 * handshake can ask for those. */
void hostkey_types(const struct hostkey_peer *peer, struct strvec *types);

/* Likewise, what the other servers of its roles are known by.  ssh asks each server of a
 * role for the type that it likes best of all under the name of the role; one that has
 * that type, but is known by another, would look like an impostor. */
void hostkey_role_types(const struct hostkey_peer *peer, struct strvec *types);

/* Has ssh what it needs under every one of names, in our file: a line with a key, or
 * @cert-authority lines?  The proxy's question. */
bool hostkey_is_known(const struct strvec *names);

/* Let a key known under names[0] answer to all of names. */
int hostkey_add_names(const struct strvec *names, struct deadline until,
                      struct error *err);

/* Does our file say whom to believe under name, plain, hashed, by a pattern or by a
 * @cert-authority?  1, 0, or -1 with err where it cannot be read. */
int hostkey_knows(const char *name, struct error *err);

/* Has the user's own ~/.ssh/known_hosts a key for address, which a first contact must
 * show then? */
bool hostkey_users_know(const char *address);

/* Append "type base64\n" for each key that the user's file marks @revoked for address.
 * -1 with ERROR_TRUST where that cannot be found out. */
int hostkey_users_revoked(const char *address, struct strbuf *keys, struct error *err);

/* Our known_hosts; the caller frees it. */
char *hostkey_path(void);

/* Make sure that the file exists: ssh clients want it to (clients.md C8). */
int hostkey_touch(struct error *err);

#endif
