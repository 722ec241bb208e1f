/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/host.h"
#include "fleet/hostkeynames.h"
#include "fleet/model.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/knownhostsedit.h"

static char *role_name(const struct stack *stack, const char *role)
{
	char *target = xasprintf("%s.%s", stack->uid, role);
	char *name = hostkey_alias(target);

	free(target);
	return name;
}

/* The role of this name as a host; the stack has it. */
static struct host role_host(struct stack *stack, const char *role)
{
	return (struct host){ .stack = stack, .role = stack_role(stack, role) };
}

/* Push name, which is freed, unless list has it. */
static void push_once(struct strvec *list, char *name)
{
	strvec_push_once(list, name);
	free(name);
}

/* Push the aliases of host, but none that looks like another server's name. */
static void push_aliases(struct strvec *list, const struct host *host)
{
	const char *const aliases[] = { host_alias(host), host_second_alias(host) };

	for (size_t i = 0; i < 2; i++) {
		if (aliases[i] != NULL &&
		    hostkey_kind(aliases[i], strlen(aliases[i])) == HOSTKEY_OTHER)
			strvec_push_once(list, aliases[i]);
	}
}

void hostkeynames_of(const struct fleet *fleet, const char *uid,
                     struct knownhostsedit_owner *owner)
{
	push_once(&owner->names, hostkey_alias(uid));
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		const struct server *s = h.server;

		if (s == NULL || strcmp(s->uid, uid) != 0)
			continue;
		push_aliases(&owner->names, &h);
		for (size_t i = 0; i < s->roles.count; i++) {
			struct host role = role_host(h.stack, s->roles.items[i]);

			push_once(&owner->roles, role_name(h.stack, s->roles.items[i]));
			if (role.role != NULL)
				push_aliases(&owner->roles, &role);
		}
	}
}

/* ---- prune ---- */

struct names {
	struct strvec pairs;   /* "OWNER NAME" that are right, sorted */
	struct strvec aliases; /* of all hosts, sorted */
};

static void collect_pairs(struct names *names, const char *owner, const struct host *host)
{
	strvec_pushf(&names->pairs, "%s %s", owner, host_alias(host));
	strvec_pushf(&names->pairs, "%s %s", owner, host_qualified_alias(host));
}

static void collect(struct names *names, const struct host *host)
{
	const struct server *s = host->server;
	char *owner;

	strvec_push(&names->aliases, host_alias(host));
	strvec_push(&names->aliases, host_qualified_alias(host));
	if (s == NULL)
		return;
	owner = hostkey_alias(s->uid);
	collect_pairs(names, owner, host);
	for (size_t i = 0; i < s->roles.count; i++) {
		struct host member = role_host(host->stack, s->roles.items[i]);
		char *role = role_name(host->stack, s->roles.items[i]);

		strvec_pushf(&names->pairs, "%s %s", owner, role);
		free(role);
		if (member.role != NULL)
			collect_pairs(names, owner, &member);
	}
	free(owner);
}

/* A name that the fleet does not know was added by hand, and stays. */
static bool keep(const char *owner, const char *name, void *cookie)
{
	const struct names *names = cookie;
	char *pair = xasprintf("%s %s", owner, name);
	bool is_right = strvec_has_sorted(&names->pairs, pair);

	free(pair);
	return is_right || (hostkey_kind(name, strlen(name)) == HOSTKEY_OTHER &&
	                    !strvec_has_sorted(&names->aliases, name));
}

int hostkeynames_prune(const struct fleet *fleet, struct error *err)
{
	struct names names = { .pairs = STRVEC_INIT };
	int rc;

	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);)
		collect(&names, &h);
	strvec_sort(&names.pairs);
	strvec_sort(&names.aliases);
	rc = knownhostsedit_prune(keep, &names, err);
	strvec_release(&names.pairs);
	strvec_release(&names.aliases);
	return rc;
}
