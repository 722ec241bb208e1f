/* SPDX-License-Identifier: MIT */
/* libssh2_version.c - the version of libssh2 as a test wants it, for programs that are
 * started with LD_PRELOAD=libssh2_version.so and LIBSSH2_VERSION=1.11.1. */
#include <stdlib.h>

const char *libssh2_version(int required);

const char *libssh2_version(int required)
{
	const char *version = getenv("LIBSSH2_VERSION");

	(void)required;
	return version != NULL ? version : "1.10.0";
}
