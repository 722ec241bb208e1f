/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "connect/siblings.h"
#include "route/routefile.h"
#include "runtime/atomic.h"
#include "runtime/log.h"
#include "runtime/paths.h"

enum { READ_MAX = 256 * 1024, LATELY_S = 300 };

static bool is_of_stack(const char *target, const char *stack_uid)
{
	struct error ignored = ERROR_INIT;
	struct route route;
	bool is;

	if (routefile_read(target, &route, &ignored) != 1)
		return false;
	is = strcmp(route.stack_uid, stack_uid) == 0;
	routefile_release(&route);
	return is;
}

/* Does the line say that a proxy has reached another server of the stack? */
static bool is_answer(const char *line, const char *since, const struct route *route,
                      char out[static SIBLING_SIZE])
{
	char when[LOG_STAMP_SIZE], program[32], target[132], alias[SIBLING_SIZE];
	int end = 0;

	if (sscanf(line, "%31s %31s %131s +%*dms connected to %63s (%*[^ ,)])%n", when,
	           program, target, alias, &end) != 4 ||
	    end == 0 || strcmp(when, since) < 0 ||
	    strncmp(program, "cxssh-proxy[", strlen("cxssh-proxy[")) != 0 ||
	    strcmp(alias, route->alias) == 0 || !is_of_stack(target, route->stack_uid))
		return false;
	memcpy(out, alias, sizeof(alias));
	return true;
}

bool siblings_answered(const struct route *route, char out[static SIBLING_SIZE])
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("log");
	char since[LOG_STAMP_SIZE];
	bool found = false;

	log_stamp(LATELY_S, since);
	if (atomic_read_end(path, READ_MAX, &text, &ignored) > 0) {
		char *line = text.data;
		char *newline;

		for (; (newline = strchr(line, '\n')) != NULL; line = newline + 1) {
			*newline = '\0';
			found = is_answer(line, since, route, out) || found;
		}
	}
	strbuf_release(&text);
	free(path);
	return found;
}
