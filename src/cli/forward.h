/* SPDX-License-Identifier: MIT */
/*
 * forward.h - the words of "cxssh tunnel" that say what is forwarded, as the addresses of
 * ssh -L.
 *
 * PORT is a number, the name of a service, or the path of a socket on the server; LOCAL
 * is a port or a path of this machine.  Errors: ERROR_USAGE, and ERROR_CONFIG where LOCAL
 * is in use.  Nothing here blocks.
 */
#ifndef CLI_FORWARD_H
#define CLI_FORWARD_H

#include <stdint.h>

#include "base/strvec.h"

struct error;

/* Ends with a name of NULL; another name of a service stands behind its first. */
struct forward_service {
	const char *name;
	uint16_t port;
};
extern const struct forward_service forward_services[];

/* Each is "127.0.0.1:5433" or a path; a forwarding has one of both. */
struct forwards {
	struct strvec locals;
	struct strvec remotes;
};
void forwards_release(struct forwards *forwards);

/* Add a forwarding of LOCAL (NULL: by the toolbelt's rule) to PORT; or of
 * "[LOCAL:]PORT". */
int forwards_add(const char *local, const char *remote, struct forwards *to,
                 struct error *err);
int forwards_add_word(const char *word, struct forwards *to, struct error *err);

#endif
