/* SPDX-License-Identifier: MIT */
/*
 * effective.h - does the user's ssh use the generated settings of a host?
 *
 * Asks "ssh -G" twice, by the user's whole configuration and by the generated file alone,
 * and compares what matters to reach the server.
 */
#ifndef SSHCONFIG_EFFECTIVE_H
#define SSHCONFIG_EFFECTIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/deadline.h"

struct error;

enum effective_kind {
	EFFECTIVE_OTHER = 0,  /* what tells it all */
	EFFECTIVE_NO_INCLUDE, /* "cxssh sync --yes" adds the line, and that is all */
	EFFECTIVE_OVERRIDDEN, /* another line wins; what begins with its FILE:LINE */
	EFFECTIVE_OTHER_PORT, /* the same, and ssh asks cxssh for another port */
};

/* One difference. */
struct effective_difference {
	enum effective_kind kind;
	bool bypasses; /* ssh does not start cxssh-proxy, or not for this server */
	char *what;    /* FILE:LINE and the setting, printable */
	char *remedy;  /* what to do about it */
};

struct effective {
	struct effective_difference *items;
	size_t count;
};

#define EFFECTIVE_INIT \
	{ \
		.items = NULL \
	}

/*
 * Fill *effective for an alias that the file generated (absolute) has; no items: all is
 * in force.  Blocks until ssh has ended, at most until the deadline.  -1 with
 * ERROR_CONFIG when ssh refuses the user's configuration, ERROR_RETRY when time is up.
 * effective_release() is due in any case.
 */
int effective_check(const char *generated, const char *alias, struct deadline until,
                    struct effective *effective, struct error *err);
void effective_release(struct effective *effective);

/* What helps where effective_check() has failed with err; NULL: the message says so, or
 * nothing is known.  Where ssh refuses the user's configuration it names a line of it. */
const char *effective_remedy(const struct error *err);

#endif
