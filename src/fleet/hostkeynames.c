/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strvec.h"
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

/* The alias of a role; NULL: none, or one that looks like another server's name. */
static const char *role_alias(const struct stack *stack, const char *role)
{
	for (size_t i = 0; i < stack->role_count; i++) {
		const char *alias = stack->roles[i].alias;

		if (strcmp(stack->roles[i].name, role) == 0)
			return hostkey_kind(alias, strlen(alias)) == HOSTKEY_OTHER ?
			               alias :
			               NULL;
	}
	return NULL;
}

/* Push name, which is freed, unless list has it. */
static void push_once(struct strvec *list, char *name)
{
	if (!strvec_has(list, name))
		strvec_push(list, name);
	free(name);
}

void hostkeynames_of(const struct fleet *fleet, const char *uid,
                     struct knownhostsedit_owner *owner)
{
	push_once(&owner->names, hostkey_alias(uid));
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		const struct server *s = h.server;

		if (s == NULL || strcmp(s->uid, uid) != 0)
			continue;
		if (hostkey_kind(s->alias, strlen(s->alias)) == HOSTKEY_OTHER)
			push_once(&owner->names, xstrdup(s->alias));
		for (size_t i = 0; i < s->roles.count; i++) {
			const char *alias = role_alias(h.stack, s->roles.items[i]);

			push_once(&owner->roles, role_name(h.stack, s->roles.items[i]));
			if (alias != NULL)
				push_once(&owner->roles, xstrdup(alias));
		}
	}
}

/* ---- prune ---- */

struct names {
	struct strvec pairs;   /* "OWNER NAME" that are right, sorted */
	struct strvec aliases; /* of all hosts, sorted */
};

static void collect(struct names *names, const struct host *host)
{
	const struct server *s = host->server;
	char *owner;

	strvec_push(&names->aliases, host_alias(host));
	if (s == NULL)
		return;
	owner = hostkey_alias(s->uid);
	strvec_pushf(&names->pairs, "%s %s", owner, s->alias);
	for (size_t i = 0; i < s->roles.count; i++) {
		const char *alias = role_alias(host->stack, s->roles.items[i]);
		char *role = role_name(host->stack, s->roles.items[i]);

		strvec_pushf(&names->pairs, "%s %s", owner, role);
		free(role);
		if (alias != NULL)
			strvec_pushf(&names->pairs, "%s %s", owner, alias);
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
