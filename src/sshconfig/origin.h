/* SPDX-License-Identifier: MIT */
/*
 * origin.h - which line of the configuration gives a host a setting.
 *
 * ssh -G prints values without their origin.  This walks through the files that ssh
 * reads, Includes followed, and judges the Host and Match lines as ssh does; a Match
 * whose criteria only ssh knows counts as one that may apply.
 */
#ifndef SSHCONFIG_ORIGIN_H
#define SSHCONFIG_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

struct origin {
	char *file;  /* absolute; the caller frees it */
	size_t line; /* from 1 on */
	bool named;  /* its block names the host in full: meant for this host alone */
};

/* Find the first line for host that sets keyword (in any case) to value as "ssh -G"
 * prints it, else the first that sets it.  False if no line does.  Does not block. */
bool origin_find(const char *host, const char *keyword, const char *value,
                 struct origin *origin);

/* How the file at path (absolute) comes into the configuration of host. */
enum origin_include {
	ORIGIN_MISSING, /* no Include names it */
	ORIGIN_SKIPPED, /* an Include does, below a Host or Match that is not about host
	                 */
	ORIGIN_READ,    /* ssh reads it for host */
};
enum origin_include origin_of_include(const char *host, const char *path,
                                      struct origin *origin);

#endif
