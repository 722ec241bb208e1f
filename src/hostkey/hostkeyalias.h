/* SPDX-License-Identifier: MIT */
/*
 * hostkeyalias.h - the names in ~/.ssh/cxssh/known_hosts: what a host key is kept under
 * and what ssh asks for by HostKeyAlias.
 */
#ifndef HOSTKEY_HOSTKEYALIAS_H
#define HOSTKEY_HOSTKEYALIAS_H

#include <stdbool.h>
#include <stddef.h>

struct strvec;

/* The name for a server's uid or a role, and for a bastion's address: lower case, as
 * ssh makes of HostKeyAlias.  The caller frees it. */
char *hostkey_alias(const char *target);
char *hostkey_gateway_alias(const char *address);

/* A stack that is called "cxssh" can give a server an alias that looks like another
 * server's name: no key may be kept under an alias that is not HOSTKEY_OTHER. */
enum hostkey_kind {
	HOSTKEY_OTHER,   /* an alias, or a name that the user wrote */
	HOSTKEY_SERVER,  /* cxssh-UID */
	HOSTKEY_ROLE,    /* cxssh-STACK_UID.ROLE */
	HOSTKEY_GATEWAY, /* cxssh-gateway-ADDRESS */
};
enum hostkey_kind hostkey_kind(const char *name, size_t len);

/*
 * The proxy's question: will ssh find in known_hosts, under each of names, a key or a
 * @cert-authority?  Reads the file; does not block.  Does not compute hashes, so names
 * that are hashed count as absent: "cxssh open" looks at those.
 */
bool hostkey_is_listed(const struct strvec *names);

#endif
