/* SPDX-License-Identifier: MIT */
/*
 * hashedname.h - the names of a known_hosts line in the form that hides them:
 * "|1|salt|hash", both base64, the hash being HMAC-SHA1 of one name with the salt for
 * its key (ssh_config(5), HashKnownHosts; ssh-keygen -H).  Only text.
 */
#ifndef HOSTKEY_HASHEDNAME_H
#define HOSTKEY_HASHEDNAME_H

#include <stdbool.h>
#include <stddef.h>

/* Are the names (not terminated) hashed?  As in OpenSSH that is so for whatever begins
 * with '|', and then it is no list and no pattern. */
bool hashedname_is_one(const char *names, size_t len);

/* Is it the hash of name, in lower case, as ssh asks for it?  A name of more than 255
 * bytes is no host's. */
bool hashedname_matches(const char *names, size_t len, const char *name);

#endif
