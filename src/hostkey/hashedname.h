/* SPDX-License-Identifier: MIT */
/*
 * hashedname.h - hashed names of a known_hosts line: "|1|salt|hash", both base64, the
 * hash being HMAC-SHA1 of one name keyed by the salt (ssh_config(5), HashKnownHosts).
 * By libcrypto, so not for the proxy.  Text only; does not block.
 */
#ifndef HOSTKEY_HASHEDNAME_H
#define HOSTKEY_HASHEDNAME_H

#include <stdbool.h>

#include "hostkey/knownhostsline.h"

/* A kh_match_fn: kh_match_plain(), or for hashed names whether name was hashed.  A name
 * of more than 255 bytes is no host's. */
bool kh_match(const struct kh_line *line, const char *name);

#endif
