/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "bastion/libssh2flaws.h"

unsigned int libssh2flaws_of(const char *version, unsigned int patched)
{
	static const char flawed[] = "1.11.";

	if (strncmp(version, flawed, strlen(flawed)) != 0)
		return 0;
	return (LIBSSH2FLAWS_CIPHERS | LIBSSH2FLAWS_RSA) & ~patched;
}

bool libssh2flaws_allow_algorithm(unsigned int flaws, const char *name, size_t len)
{
	return (flaws & LIBSSH2FLAWS_CIPHERS) == 0 ||
	       (memmem(name, len, "-gcm", 4) == NULL &&
	        memmem(name, len, "-etm", 4) == NULL);
}

bool libssh2flaws_allow_key(unsigned int flaws, const void *blob, size_t len)
{
	/* The length of the type and its beginning: certificates have longer types. */
	static const char type[] = "ssh-rsa";

	return (flaws & LIBSSH2FLAWS_RSA) == 0 || len < 4 + strlen(type) ||
	       memcmp((const char *)blob + 4, type, strlen(type)) != 0;
}
