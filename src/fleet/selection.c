/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "base/suggest.h"
#include "fleet/model.h"
#include "fleet/selection.h"

static bool is_role_target(const struct stack *stack, const struct role *role,
                           const char *name)
{
	size_t len = strlen(stack->uid);

	return strncmp(name, stack->uid, len) == 0 && name[len] == '.' &&
	       strcmp(name + len + 1, role->name) == 0;
}

int selection_by_alias(const struct fleet *fleet, const char *name,
                       struct selection *found)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++) {
			if (strcmp(s->servers[k].alias, name) == 0 ||
			    strcmp(s->servers[k].uid, name) == 0) {
				*found = (struct selection){ s, &s->servers[k], NULL };
				return 1;
			}
		}
		for (size_t k = 0; k < s->role_count; k++) {
			if (strcmp(s->roles[k].alias, name) == 0 ||
			    is_role_target(s, &s->roles[k], name)) {
				*found = (struct selection){ s, NULL, &s->roles[k] };
				return 1;
			}
		}
	}
	return 0;
}

static void all_aliases(const struct fleet *fleet, struct strvec *aliases)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++)
			strvec_push(aliases, s->servers[k].alias);
		for (size_t k = 0; k < s->role_count; k++)
			strvec_push(aliases, s->roles[k].alias);
	}
}

/* How far an alias is from what was typed; one that contains it is near. */
static size_t distance(const char *typed, const char *alias)
{
	size_t edits = suggest_distance(typed, alias);

	return strstr(alias, typed) != NULL ? edits : edits + strlen(typed) + 40;
}

/* The nearest of rest comes first in it. */
static void bring_nearest(const char *typed, char **rest, size_t count)
{
	size_t best = 0;
	char *first;

	for (size_t i = 1; i < count; i++) {
		if (distance(typed, rest[i]) < distance(typed, rest[best]))
			best = i;
	}
	first = rest[0];
	rest[0] = rest[best];
	rest[best] = first;
}

int selection_unknown(const struct fleet *fleet, const char *name, struct error *err)
{
	enum { NAMED = 3 };
	struct strvec aliases = STRVEC_INIT;
	struct strbuf near = STRBUF_INIT;
	char printable[64];

	all_aliases(fleet, &aliases);
	printable_text(name, printable, sizeof(printable));
	for (size_t n = 0; n < NAMED && n < aliases.count; n++) {
		bring_nearest(printable, aliases.items + n, aliases.count - n);
		strbuf_addf(&near, "%s%s", n > 0 ? ", " : "", aliases.items[n]);
	}
	strvec_release(&aliases);
	if (near.len > 0)
		error_set(err, ERROR_NO_HOST, "no host %s; nearest: %s", printable,
		          near.data);
	else
		error_set(err, ERROR_NO_HOST, "no host %s: the account has no servers",
		          printable);
	strbuf_release(&near);
	return error_hint(err, "cxssh list");
}

/* The toolbelt's "fuzzy": equal, else a prefix, ignoring case. */
static bool equal(const char *want, const char *have)
{
	return strcasecmp(want, have) == 0;
}

static bool prefix(const char *want, const char *have)
{
	return strncasecmp(want, have, strlen(want)) == 0;
}

typedef bool matcher(const char *want, const char *have);

static size_t count_stacks(const struct fleet *fleet, const char *app, matcher *match,
                           const char *environment, matcher *match_environment,
                           struct stack **stack)
{
	size_t n = 0;

	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		if (environment != NULL &&
		    !match_environment(environment, s->environment))
			continue;
		if (match(app, s->name)) {
			*stack = s;
			n++;
		}
	}
	return n;
}

/* Exactly one equal name wins; more is an error; else exactly one prefix. */
static int unique_stack(const struct fleet *fleet, const char *app,
                        const char *environment, matcher *match_environment,
                        struct stack **stack, struct error *err)
{
	char shown[64];
	size_t n = count_stacks(fleet, app, equal, environment, match_environment, stack);

	printable_text(app, shown, sizeof(shown));
	if (n == 1)
		return 0;
	if (n > 1)
		return error_set(err, ERROR_NO_HOST,
		                 "more than one stack is called %s; add -e ENVIRONMENT",
		                 shown);
	n = count_stacks(fleet, app, prefix, environment, match_environment, stack);
	if (n == 1)
		return 0;
	return error_set(err, ERROR_NO_HOST,
	                 n == 0 ? "no stack is called %s" :
	                          "more than one stack begins with %s",
	                 shown);
}

int selection_stack(const struct fleet *fleet, const char *app, const char *environment,
                    struct stack **stack, struct error *err)
{
	if (unique_stack(fleet, app, environment, equal, stack, err) == 0)
		return 0;
	if (environment != NULL && environment[0] != '\0' &&
	    unique_stack(fleet, app, environment, prefix, stack, err) == 0)
		return 0;
	return error_hint(err, "cxssh list");
}

/* "git@host:path" and "scheme://user@host/path" as host and path; trimmed copies. */
static void split_remote(const char *remote, char **host, char **path)
{
	const char *end = remote + strlen(remote);
	const char *scheme;
	const char *at;
	const char *slash;

	remote += strspn(remote, " \t\r\n");
	while (end > remote && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	if (end - remote >= 4 && strncasecmp(end - 4, ".git", 4) == 0)
		end -= 4;
	scheme = strstr(remote, "://");
	if (scheme != NULL && scheme < end)
		remote = scheme + 3;
	at = memchr(remote, '@', (size_t)(end - remote));
	slash = memchr(remote, '/', (size_t)(end - remote));
	if (at != NULL && (slash == NULL || at < slash))
		remote = at + 1;
	slash = remote;
	while (slash < end && *slash != '/' && (*slash != ':' || scheme != NULL))
		slash++;
	*host = xstrndup(remote, (size_t)(slash - remote));
	if (slash < end)
		slash++;
	while (slash < end && *slash == '/')
		slash++;
	*path = xstrndup(slash, (size_t)(end - slash));
}

int selection_same_remote(const char *a, const char *b)
{
	char *host[2];
	char *path[2];
	int same;

	split_remote(a, &host[0], &path[0]);
	split_remote(b, &host[1], &path[1]);
	same = strcasecmp(host[0], host[1]) == 0 && strcasecmp(path[0], path[1]) == 0;
	for (size_t i = 0; i < 2; i++) {
		free(host[i]);
		free(path[i]);
	}
	return same;
}

int selection_by_git(const struct fleet *fleet, const char *remote, const char *branch,
                     struct stack **stack, struct error *err)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		if (s->git != NULL && s->git_branch != NULL &&
		    strcmp(s->git_branch, branch) == 0 &&
		    selection_same_remote(s->git, remote)) {
			*stack = s;
			return 0;
		}
	}
	error_set(err, ERROR_NO_HOST,
	          "no stack given, and none is deployed from this repository and branch");
	return error_hint(err, "cxssh list");
}

static struct server *by_text(struct stack *stack, const char *want, matcher *match,
                              size_t field)
{
	for (size_t i = 0; i < stack->server_count; i++) {
		struct server *s = &stack->servers[i];
		const char *text =
			field == offsetof(struct server, name) ? s->name : s->address;

		if (match(want, text))
			return s;
	}
	return NULL;
}

static bool same(const char *want, const char *have)
{
	return strcmp(want, have) == 0;
}

static struct role *by_role(struct stack *stack, const char *want, matcher *match)
{
	for (size_t i = 0; i < stack->role_count; i++) {
		if (match(want, stack->roles[i].name))
			return &stack->roles[i];
	}
	return NULL;
}

int selection_server(struct stack *stack, const char *name, struct selection *found,
                     struct error *err)
{
	static matcher *const passes[] = { equal, prefix };
	char shown[64];

	*found = (struct selection){ .stack = stack };
	/* The toolbelt would take the first server for an empty name; nobody means that.
	 */
	if (valid_ip(name))
		found->server =
			by_text(stack, name, same, offsetof(struct server, address));
	else if (name[0] != '\0')
		found->server = by_text(stack, name, same, offsetof(struct server, name));
	for (size_t i = 0; i < 2 && found->server == NULL && found->role == NULL; i++) {
		if (name[0] == '\0' || valid_ip(name))
			break;
		found->server =
			by_text(stack, name, passes[i], offsetof(struct server, name));
		if (found->server == NULL)
			found->role = by_role(stack, name, passes[i]);
	}
	if (found->server != NULL || found->role != NULL)
		return 0;
	error_set(err, ERROR_NO_HOST, "stack %s has no server and no role %s",
	          stack->name, printable_text(name, shown, sizeof(shown)));
	/* It will be pasted into a shell, where a quote would end the name. */
	if (strchr(stack->name, '\'') != NULL)
		return error_hint(err, "cxssh list %s", stack->uid);
	return error_hint(err, "cxssh list '%s'", stack->name);
}
