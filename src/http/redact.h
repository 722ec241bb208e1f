/* SPDX-License-Identifier: MIT */
/*
 * redact.h - make a server's text fit for terminal and log: printable, and without the
 * secrets that were sent to it, which the server may repeat.
 */
#ifndef HTTP_REDACT_H
#define HTTP_REDACT_H

#include <stddef.h>

/* Secrets; NULL, and those shorter than 6 characters, do not count. */
struct redact_list {
	const char *secrets[4];
};

/*
 * Copy text into out as printable_text() does, with each secret of the list replaced by
 * "(hidden)", cut where a private key begins, and with "run:" as "run.".  Returns out.
 */
const char *redact(const char *text, const struct redact_list *list, char *out,
                   size_t cap);

#endif
