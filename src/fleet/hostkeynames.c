/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/hostkeynames.h"
#include "fleet/model.h"
#include "hostkey/knownhostsedit.h"
#include "hostkey/verify.h"

static char *role_name(const struct stack *stack, const char *role)
{
	char *target = xasprintf("%s.%s", stack->uid, role);
	char *name = hostkey_alias(target);

	free(target);
	return name;
}

static void add(struct strvec *list, const char *name)
{
	if (!strvec_has(list, name))
		strvec_push(list, name);
}

static void add_server(const struct stack *stack, const struct server *s,
                       struct knownhostsedit_owner *owner)
{
	if (s->alias[0] != '\0' &&
	    hostkey_kind(s->alias, strlen(s->alias)) == HOSTKEY_OTHER)
		add(&owner->names, s->alias);
	for (size_t i = 0; i < s->roles.count; i++) {
		char *role = role_name(stack, s->roles.items[i]);

		add(&owner->roles, role);
		free(role);
	}
}

void hostkeynames_of(const struct fleet *fleet, const char *uid,
                     struct knownhostsedit_owner *owner)
{
	char *own = hostkey_alias(uid);

	add(&owner->names, own);
	free(own);
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++) {
			if (strcmp(s->servers[k].uid, uid) == 0)
				add_server(s, &s->servers[k], owner);
		}
	}
}

/* ---- prune ---- */

struct book {
	struct strvec pairs;   /* "OWNER NAME" as it should be, sorted */
	struct strvec aliases; /* all that are given to somebody, sorted */
};

static void enter(struct book *book, const struct stack *stack, const struct server *s)
{
	char *owner = hostkey_alias(s->uid);

	strvec_pushf(&book->pairs, "%s %s", owner, s->alias);
	strvec_push(&book->aliases, s->alias);
	for (size_t i = 0; i < s->roles.count; i++) {
		char *role = role_name(stack, s->roles.items[i]);

		strvec_pushf(&book->pairs, "%s %s", owner, role);
		free(role);
	}
	free(owner);
}

static bool keep(const char *owner, const char *name, void *cookie)
{
	const struct book *book = cookie;
	char *pair = xasprintf("%s %s", owner, name);
	bool is_his = strvec_has_sorted(&book->pairs, pair);

	free(pair);
	/* Whatever was added by hand is nobody's. */
	return is_his || (hostkey_kind(name, strlen(name)) == HOSTKEY_OTHER &&
	                  !strvec_has_sorted(&book->aliases, name));
}

int hostkeynames_prune(const struct fleet *fleet, struct error *err)
{
	struct book book = { .pairs = STRVEC_INIT };
	int rc;

	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++)
			enter(&book, s, &s->servers[k]);
		for (size_t k = 0; k < s->role_count; k++)
			strvec_push(&book.aliases, s->roles[k].alias);
	}
	strvec_sort(&book.pairs);
	strvec_sort(&book.aliases);
	rc = knownhostsedit_prune(keep, &book, err);
	strvec_release(&book.pairs);
	strvec_release(&book.aliases);
	return rc;
}
