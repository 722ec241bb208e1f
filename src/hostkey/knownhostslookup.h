/* SPDX-License-Identifier: MIT */
/*
 * knownhostslookup.h - which names a known_hosts file has a key for.  Text in, answers
 * out; no file, no library, so that the proxy can ask.
 *
 * match says how names are compared: kh_match_plain(), or kh_match() where hashes can be
 * computed.
 */
#ifndef HOSTKEY_KNOWNHOSTSLOOKUP_H
#define HOSTKEY_KNOWNHOSTSLOOKUP_H

#include <stdbool.h>

#include "base/strvec.h"
#include "hostkey/knownhostsline.h"

/* Is the key (base64) marked @revoked under one of names? */
bool kh_is_revoked(const char *text, const struct strvec *names, struct kh_span key,
                   kh_match_fn *match);

/* Does a plain line that ssh can read list every one of names (not hashed, no pattern),
 * and is its key not revoked under any name of that line? */
bool kh_has_name(const char *text, const struct strvec *names, kh_match_fn *match);

/* Has each of names a @cert-authority, so that the server must show a certificate? */
bool kh_has_ca(const char *text, const struct strvec *names, kh_match_fn *match);

#endif
