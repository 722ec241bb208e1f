/* SPDX-License-Identifier: MIT */
/*
 * foreignnames.h - the names that stand for other hosts on this machine: in ~/.ssh/config
 * and the files that it includes, and in ~/.ssh/known_hosts.
 *
 * Files that cannot be read have no names.  Reads files at the first question.
 */
#ifndef FLEET_FOREIGNNAMES_H
#define FLEET_FOREIGNNAMES_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "base/strvec.h"

struct foreignnames {
	bool is_read;
	struct strvec hosts; /* sorted */
	struct strbuf known_hosts;
};

#define FOREIGNNAMES_INIT \
	{ \
		.is_read = false, .known_hosts = STRBUF_INIT \
	}
void foreignnames_release(struct foreignnames *names);

/*
 * Does a Host line have name, which is in lower case, without a pattern and with another
 * HostName, or does a line of known_hosts list it, also hashed?  Patterns do not count:
 * "*" is the name of no host.  Does not block.
 */
bool foreignnames_has(struct foreignnames *names, const char *name);

#endif
