/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "fleet/cxyml.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/resolve.h"
#include "fleet/selection.h"
#include "fleet/store.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

enum { YAML_MAX = 64 * 1024, GIT_MS = 5000 };

/* An option with an empty value counts as not given. */
static const char *given(const char *value)
{
	return value != NULL && value[0] != '\0' ? value : NULL;
}

static int unknown_in(const struct fleet *fleet, const char *environment,
                      const char *name, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct host elsewhere;
	char host[64];
	char in[64];

	if (environment == NULL ||
	    selection_find(fleet, NULL, name, &elsewhere, &ignored) == SELECTION_NONE)
		return selection_unknown(fleet, name, err);
	return error_set(err, ERROR_NO_HOST,
	                 "no host %s in environment %s; run: cxssh list",
	                 printable_text(name, host, sizeof(host)),
	                 printable_text(environment, in, sizeof(in)));
}

int resolve_host(const struct config *config, const char *name, struct fleet *fleet,
                 struct host *found, struct deadline until, struct error *err)
{
	return resolve_host_in(config, &(struct resolve_words){ .server = name }, fleet,
	                       found, until, err);
}

int resolve_host_in(const struct config *config, const struct resolve_words *words,
                    struct fleet *fleet, struct host *found, struct deadline until,
                    struct error *err)
{
	const char *environment = given(words->environment);
	const int64_t since_ms[] = { 0, deadline_wall_ms() };

	for (size_t i = 0; i < 2; i++) {
		fleet_release(fleet);
		if (fleet_load(config, since_ms[i], fleet, until, err) == -1)
			return -1;
		switch (selection_find(fleet, environment, words->server, found, err)) {
		case SELECTION_FOUND: return 0;
		case SELECTION_AMBIGUOUS: return -1;
		case SELECTION_NONE: break;
		}
	}
	return unknown_in(fleet, environment, words->server, err);
}

/* The stack that ./.cx.yml names; NULL without one. */
static char *stack_of_folder(void)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *stack = NULL;

	if (atomic_read(".cx.yml", YAML_MAX, &text, &ignored) == 1)
		stack = cxyml_stack(text.data);
	strbuf_release(&text);
	return stack;
}

/* The first line that git prints; NULL where it fails or prints nothing. */
static char *ask_git(const char *const words[])
{
	struct error ignored = ERROR_INIT;
	struct strbuf output = STRBUF_INIT;
	struct strvec argv = STRVEC_INIT;
	char *git = paths_tool("git");
	char *line = NULL;
	int status;

	strvec_push(&argv, git);
	for (; *words != NULL; words++)
		strvec_push(&argv, *words);
	if (access(git, X_OK) == 0 &&
	    spawn_run(argv.items, deadline_in(GIT_MS), &output, &status, &ignored) == 0 &&
	    status == 0 && strcspn(output.data, "\n") > 0)
		line = xstrndup(output.data, strcspn(output.data, "\n"));
	strbuf_release(&output);
	strvec_release(&argv);
	free(git);
	return line;
}

/* The branch; without one (a commit is checked out) one that has the commit: tags and
 * branches of others have names that the API does not know. */
static char *git_branch(void)
{
	char *branch = ask_git(
		(const char *const[]){ "symbolic-ref", "--short", "-q", "HEAD", NULL });

	if (branch == NULL)
		branch = ask_git((const char *const[]){
			"name-rev", "--name-only", "--refs=refs/heads/*", "HEAD", NULL });
	return branch;
}

static int stack_by_git(const struct fleet *fleet, const char *environment,
                        struct stack **stack, struct error *err)
{
	char *remote =
		ask_git((const char *const[]){ "config", "remote.origin.url", NULL });
	char *branch = remote != NULL ? git_branch() : NULL;
	int rc;

	if (remote != NULL && (branch != NULL || environment != NULL))
		rc = selection_by_git(fleet, remote, branch, environment, stack, err);
	else
		rc = error_set(err, ERROR_USAGE,
		               "no stack given: add -s APP; run: cxssh list");
	free(remote);
	free(branch);
	return rc;
}

int resolve_stack(const struct config *config, const struct resolve_words *words,
                  struct fleet *fleet, struct stack **stack, struct deadline until,
                  struct error *err)
{
	const char *environment = given(words->environment);
	const int64_t since_ms[] = { 0, deadline_wall_ms() };
	char *named = given(words->app) != NULL ? xstrdup(words->app) : stack_of_folder();
	int rc = -1;

	for (size_t i = 0; i < 2 && rc == -1; i++) {
		fleet_release(fleet);
		err->code = ERROR_NONE;
		if (fleet_load(config, since_ms[i], fleet, until, err) == -1)
			break;
		rc = named != NULL ?
		             selection_stack(fleet, named, environment, stack, err) :
		             stack_by_git(fleet, environment, stack, err);
		if (rc == -1 && err->code == ERROR_USAGE)
			break; /* asking the API again would not help */
	}
	free(named);
	return rc;
}
