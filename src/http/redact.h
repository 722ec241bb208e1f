/* SPDX-License-Identifier: MIT */
/*
 * redact.h - what a server says, fit to be shown and written down: printable, and
 * without the secrets that we sent it, should it repeat them.
 */
#ifndef HTTP_REDACT_H
#define HTTP_REDACT_H

#include <stddef.h>

/* Some secrets; NULL and those too short to be one do not count. */
struct redact_list {
	const char *secrets[4];
};

/*
 * Copy text into out as printable_text() does, with each secret of the list replaced
 * by "(hidden)", cut off where a private key begins, and without anything that looks like
 * our own "run: COMMAND".  Returns out.
 */
const char *redact(const char *text, const struct redact_list *list, char *out,
                   size_t cap);

#endif
