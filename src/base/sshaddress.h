/* SPDX-License-Identifier: MIT */
/*
 * sshaddress.h - the port of SSH, and "user@address", the login on a bastion, in its
 * two parts.  Does not block.
 */
#ifndef BASE_SSHADDRESS_H
#define BASE_SSHADDRESS_H

#include <stdbool.h>

enum { SSH_PORT = 22 };

struct gateway {
	char user[64];
	const char *address; /* borrowed from the text that was split */
};

/* Split "user@address"; false when either part is missing or not allowed
 * (base/allowlist.h). */
bool gateway_split(const char *text, struct gateway *gateway);

/* The address in "user@address"; text itself when it names no user.  Borrowed. */
const char *gateway_address(const char *text);

#endif
