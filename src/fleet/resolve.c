/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "fleet/selection.h"
#include "fleet/store.h"
#include "route/routelease.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

enum { YAML_MAX = 64 * 1024, GIT_MS = 5000 };

int resolve_alias(const struct config *config, const char *name, struct fleet *fleet,
                  struct host *found, struct deadline until, struct error *err)
{
	const int64_t ages[] = { 0, routelease_now() };

	for (size_t i = 0; i < 2; i++) {
		fleet_release(fleet);
		if (fleet_load(config, ages[i], fleet, until, err) == -1)
			return -1;
		if (selection_by_alias(fleet, name, found))
			return 0;
	}
	return selection_unknown(fleet, name, err);
}

/* The value of "stack:" in ./.cx.yml, a flat map of texts; NULL without one. */
static char *stack_of_folder(void)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *value = NULL;

	if (atomic_read(".cx.yml", YAML_MAX, &text, &ignored) != 1)
		goto out;
	for (const char *line = text.data; *line != '\0' && value == NULL;) {
		size_t len = strcspn(line, "\r\n");

		if (len > 6 && strncmp(line, "stack:", 6) == 0) {
			const char *at = line + 6 + strspn(line + 6, " \t");
			const char *end = line + len;

			while (end > at && strchr(" \t", end[-1]) != NULL)
				end--;
			if (end - at >= 2 && (*at == '"' || *at == '\'') &&
			    end[-1] == *at) {
				at++;
				end--;
			}
			if (end > at)
				value = xstrndup(at, (size_t)(end - at));
		}
		line += len + strspn(line + len, "\r\n");
	}
out:
	strbuf_release(&text);
	return value;
}

/* The first line of git's output; NULL where it fails or prints nothing. */
static char *ask_git(const char *a, const char *b, const char *c)
{
	struct error ignored = ERROR_INIT;
	struct strbuf output = STRBUF_INIT;
	char *git = paths_tool("git");
	char *argv[] = { git, (char *)a, (char *)b, (char *)c, NULL };
	char *line = NULL;
	int status;

	if (access(git, X_OK) == 0 &&
	    spawn_run(argv, deadline_in(GIT_MS), &output, &status, &ignored) == 0 &&
	    status == 0 && strcspn(output.data, "\n") > 0)
		line = xstrndup(output.data, strcspn(output.data, "\n"));
	strbuf_release(&output);
	free(git);
	return line;
}

static int stack_by_git(const struct fleet *fleet, struct stack **stack,
                        struct error *err)
{
	char *remote = ask_git("config", "remote.origin.url", NULL);
	char *branch = ask_git("name-rev", "--name-only", "HEAD");
	int rc;

	if (remote != NULL && branch != NULL) {
		rc = selection_by_git(fleet, remote, branch, stack, err);
	} else {
		rc = error_set(err, ERROR_USAGE, "no stack given: add -s APP");
		error_hint(err, "cxssh list");
	}
	free(remote);
	free(branch);
	return rc;
}

int resolve_stack(const struct config *config, const char *app, const char *environment,
                  struct fleet *fleet, struct stack **stack, struct deadline until,
                  struct error *err)
{
	const int64_t ages[] = { 0, routelease_now() };
	char *named = app != NULL ? xstrdup(app) : stack_of_folder();
	int rc = -1;

	for (size_t i = 0; i < 2 && rc == -1; i++) {
		fleet_release(fleet);
		err->code = ERROR_NONE;
		if (fleet_load(config, ages[i], fleet, until, err) == -1)
			break;
		rc = named != NULL ?
		             selection_stack(fleet, named, environment, stack, err) :
		             stack_by_git(fleet, stack, err);
		if (rc == -1 && err->code == ERROR_USAGE)
			break; /* asking the API again would not help */
	}
	free(named);
	return rc;
}
