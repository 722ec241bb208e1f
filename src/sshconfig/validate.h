/* SPDX-License-Identifier: MIT */
/*
 * validate.h - put a generated file in its place, after ssh itself has read it.
 *
 * A bad file there would break every ssh on the machine, so it is shown to ssh
 * under another name first: for hosts of ours, and for a foreign one, whose
 * settings it may not change in the least.
 */
#ifndef SSHCONFIG_VALIDATE_H
#define SSHCONFIG_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"

struct error;

/* What ssh must make of an alias of ours; NULL: whatever it likes. */
struct validate_expected {
	const char *alias;
	const char *hostname;
	const char *host_key_alias;
	const char *proxy_command; /* unexpanded, with its %p */
};

/*
 * Make path, 0600, hold exactly these bytes, if ssh agrees; folders are made.
 * Nothing is done when it does already.  *changed may be NULL.  -1 with
 * ERROR_CONFIG and ssh's reason, or ERROR_RETRY when time is up: path is then
 * as it was.
 */
int validate_replace(const char *path, const char *text, size_t len,
                     const struct validate_expected expected[], size_t count,
                     struct deadline until, bool *changed, struct error *err);

#endif
