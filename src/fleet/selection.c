/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/natural.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "fleet/gitremote.h"
#include "fleet/host.h"
#include "fleet/keptnames.h"
#include "fleet/model.h"
#include "fleet/modelread.h"
#include "fleet/nearest.h"
#include "fleet/selection.h"
#include "fleet/unaddressed.h"

static bool is_target(const struct host *host, const char *name)
{
	char *target = host_target(host);
	bool same = strcmp(target, name) == 0;

	free(target);
	return same;
}

/* A name that the host had before its stack was renamed, more than once perhaps. */
static bool by_kept_name(const struct fleet *fleet, const char *name, struct host *found)
{
	struct keptnames kept = KEPTNAMES_INIT;
	struct error ignored = ERROR_INIT;
	bool is_found = valid_alias(name) && strchr(name, '-') != NULL &&
	                keptnames_load(&kept, &ignored) == 0 &&
	                keptnames_find(&kept, fleet, name, found);

	keptnames_release(&kept);
	return is_found;
}

bool selection_by_alias(const struct fleet *fleet, const char *name, struct host *found)
{
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		if (host_has_alias(&h, name) || is_target(&h, name)) {
			*found = h;
			return true;
		}
	}
	return by_kept_name(fleet, name, found);
}

static bool is_blank(const char *name)
{
	return name[strspn(name, " ")] == '\0';
}

static int no_name(struct error *err)
{
	return error_set(err, ERROR_NO_HOST,
	                 "the name of the host is empty; run: cxssh list");
}

int selection_unknown(const struct fleet *fleet, const char *name, struct error *err)
{
	struct strbuf near = STRBUF_INIT;
	struct host any = { .server = NULL };
	char printable[64];

	if (unaddressed_tell(fleet->stacks, fleet->stack_count, name, name, err))
		return -1;
	if (is_blank(name))
		return no_name(err);
	printable_text(name, printable, sizeof(printable));
	nearest_hosts(fleet, printable, &near);
	error_set(err, ERROR_NO_HOST, "no host %s%s", printable,
	          near.len > 0                 ? near.data :
	          fleet_next_host(fleet, &any) ? "" :
	                                         ": the account has no servers");
	strbuf_release(&near);
	return error_hint(err, "cxssh list");
}

/* The toolbelt's two ways of matching, both ignoring case. */
static bool equal(const char *want, const char *have)
{
	return utf8_same_name(want, have);
}

static bool prefix(const char *want, const char *have)
{
	return utf8_begins_name(want, have);
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

static int no_stack(const struct fleet *fleet, const char *shown, const char *environment,
                    struct error *err)
{
	const char **names = xcalloc(fleet->stack_count + 1, sizeof(*names));
	const char *near;
	char in[64];

	for (size_t i = 0; i < fleet->stack_count; i++)
		names[i] = fleet->stacks[i].name;
	near = suggest_near(shown, names, fleet->stack_count);
	if (environment != NULL && environment[0] != '\0')
		error_set(err, ERROR_NO_HOST, "no stack is called %s in environment %s",
		          shown, printable_text(environment, in, sizeof(in)));
	else
		error_set(err, ERROR_NO_HOST, "no stack is called %s%s%s", shown,
		          near != NULL ? "; nearest: " : "", near != NULL ? near : "");
	free(names);
	return -1;
}

/* The one stack of this name; without one, the one whose name begins so. */
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
	if (n > 1)
		return error_set(err, ERROR_NO_HOST, "more than one stack begins with %s",
		                 shown);
	return no_stack(fleet, shown, environment, err);
}

static struct stack *stack_of_uid(const struct fleet *fleet, const char *uid)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		if (strcasecmp(fleet->stacks[i].uid, uid) == 0)
			return &fleet->stacks[i];
	}
	return NULL;
}

int selection_stack(const struct fleet *fleet, const char *app, const char *environment,
                    struct stack **stack, struct error *err)
{
	*stack = stack_of_uid(fleet, app);
	if (*stack != NULL ||
	    unique_stack(fleet, app, environment, equal, stack, err) == 0)
		return 0;
	if (environment != NULL && environment[0] != '\0' &&
	    unique_stack(fleet, app, environment, prefix, stack, err) == 0)
		return 0;
	return error_hint(err, "cxssh list");
}

static struct stack *of_remote(const struct fleet *fleet, const char *remote,
                               const char *branch, const char *environment,
                               matcher *match)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		if (s->git == NULL || !gitremote_same(s->git, remote))
			continue;
		if (branch != NULL &&
		    (s->git_branch == NULL || strcmp(s->git_branch, branch) != 0))
			continue;
		if (environment == NULL || match(environment, s->environment))
			return s;
	}
	return NULL;
}

int selection_by_git(const struct fleet *fleet, const char *remote, const char *branch,
                     const char *environment, struct stack **stack, struct error *err)
{
	static matcher *const passes[] = { equal, prefix };
	char shown[64];

	*stack = NULL;
	for (size_t i = 0; i < 2 && *stack == NULL; i++) {
		if (branch != NULL)
			*stack = of_remote(fleet, remote, branch, environment, passes[i]);
		if (*stack == NULL && environment != NULL)
			*stack = of_remote(fleet, remote, NULL, environment, passes[i]);
	}
	if (*stack != NULL)
		return 0;
	if (environment != NULL)
		error_set(err, ERROR_NO_HOST,
		          "no stack given, and none in environment %s is deployed from "
		          "this repository",
		          printable_text(environment, shown, sizeof(shown)));
	else
		error_set(err, ERROR_NO_HOST,
		          "no stack given, and none is deployed from this repository and "
		          "branch");
	return error_hint(err, "cxssh list");
}

static struct server *by_address(struct stack *stack, const char *address)
{
	for (size_t i = 0; i < stack->server_count; i++) {
		if (strcmp(stack->servers[i].address, address) == 0)
			return &stack->servers[i];
	}
	return NULL;
}

static struct server *by_name(struct stack *stack, const char *want, matcher *match)
{
	for (size_t i = 0; i < stack->server_count; i++) {
		if (match(want, stack->servers[i].name))
			return &stack->servers[i];
	}
	return NULL;
}

static bool same(const char *want, const char *have)
{
	return strcmp(want, have) == 0;
}

static struct role *by_role(struct stack *stack, const char *want, matcher *match)
{
	char role[FLEET_ROLE_SIZE];

	if (fleet_role_name(want, role))
		want = role;
	for (size_t i = 0; i < stack->role_count; i++) {
		if (match(want, stack->roles[i].name))
			return &stack->roles[i];
	}
	return NULL;
}

int selection_server(struct stack *stack, const char *name, struct host *found,
                     struct error *err)
{
	static matcher *const passes[] = { equal, prefix };
	const char *near;
	char shown[64];

	*found = (struct host){ .stack = stack };
	/* The toolbelt takes the first server for an empty name; cxssh takes none. */
	if (is_blank(name))
		return no_name(err);
	found->server =
		valid_ip(name) ? by_address(stack, name) : by_name(stack, name, same);
	for (size_t i = 0;
	     !valid_ip(name) && i < 2 && found->server == NULL && found->role == NULL;
	     i++) {
		found->server = by_name(stack, name, passes[i]);
		if (found->server == NULL)
			found->role = by_role(stack, name, passes[i]);
	}
	if (found->server != NULL || found->role != NULL)
		return 0;
	if (unaddressed_tell(stack, 1, name, name, err))
		return -1;
	near = nearest_in(stack, name);
	error_set(err, ERROR_NO_HOST, "stack %s has no server and no role %s%s%s",
	          stack->name, printable_text(name, shown, sizeof(shown)),
	          near != NULL ? "; nearest: " : "", near != NULL ? near : "");
	/* The hint puts the name between quotes, for the user to paste. */
	if (strchr(stack->name, '\'') != NULL)
		return error_hint(err, "cxssh list %s", stack->uid);
	return error_hint(err, "cxssh list '%s'", stack->name);
}

/* ---- selection_find ---- */

typedef bool host_matcher(const char *want, const struct host *host);

static bool alias_equal(const char *want, const struct host *host)
{
	return equal(want, host_alias(host)) || equal(want, host_qualified_alias(host));
}

static bool uid_equal(const char *want, const struct host *host)
{
	char *target = host_target(host);
	bool same = strcasecmp(target, want) == 0;

	free(target);
	return same;
}

static bool address_equal(const char *want, const struct host *host)
{
	const struct server *s = host->server;

	return s != NULL && (equal(want, s->address) ||
	                     (s->ext_ipv4 != NULL && equal(want, s->ext_ipv4)) ||
	                     (s->dns_record != NULL && equal(want, s->dns_record)));
}

static bool name_equal(const char *want, const struct host *host)
{
	return host->server != NULL && equal(want, host->server->name);
}

static bool role_equal(const char *want, const struct host *host)
{
	char role[FLEET_ROLE_SIZE];

	return host->role != NULL && fleet_role_name(want, role) &&
	       equal(role, host->role->name);
}

static bool alias_prefix(const char *want, const struct host *host)
{
	return prefix(want, host_alias(host)) || prefix(want, host_qualified_alias(host));
}

static bool name_prefix(const char *want, const struct host *host)
{
	return host->server != NULL && prefix(want, host->server->name);
}

/* Does another host lead to the same server?  A stack may list one of another stack. */
static bool is_same(const struct host *a, const struct host *b)
{
	return a->server != NULL && b->server != NULL &&
	       strcmp(a->server->uid, b->server->uid) == 0;
}

static int ambiguous(const char *name, const struct strvec *aliases, struct error *err)
{
	struct strbuf list = STRBUF_INIT;
	char shown[64];

	for (size_t i = 0; i < aliases->count && i < 5; i++)
		strbuf_addf(&list, "%s%s", i > 0 ? ", " : "", aliases->items[i]);
	error_set(err, ERROR_NO_HOST, "%s means several hosts: %s%s",
	          printable_text(name, shown, sizeof(shown)), list.data,
	          aliases->count > 5 ? ", ..." : "");
	strbuf_release(&list);
	return error_hint(err, "cxssh list");
}

static bool is_in(const struct host *host, const char *environment)
{
	return environment == NULL || prefix(environment, host->stack->environment);
}

enum selection_result selection_find(const struct fleet *fleet, const char *environment,
                                     const char *name, struct host *found,
                                     struct error *err)
{
	static host_matcher *const passes[] = { alias_equal, uid_equal,  address_equal,
		                                name_equal,  role_equal, alias_prefix,
		                                name_prefix };
	struct strvec aliases = STRVEC_INIT;
	size_t count;

	if (name[0] == '\0')
		return SELECTION_NONE;
	if (selection_by_alias(fleet, name, found) && is_in(found, environment))
		return SELECTION_FOUND;
	for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]) && aliases.count == 0;
	     i++) {
		for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
			if (!is_in(&h, environment) || !passes[i](name, &h) ||
			    (aliases.count > 0 && is_same(&h, found)))
				continue;
			if (aliases.count == 0)
				*found = h;
			strvec_push(&aliases, host_alias(&h));
		}
	}
	count = aliases.count;
	natural_sort(&aliases);
	if (count > 1)
		(void)ambiguous(name, &aliases, err);
	strvec_release(&aliases);
	return count == 0 ? SELECTION_NONE :
	       count == 1 ? SELECTION_FOUND :
	                    SELECTION_AMBIGUOUS;
}
