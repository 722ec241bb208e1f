/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/alias.h"
#include "fleet/aliastext.h"
#include "fleet/foreignnames.h"
#include "fleet/keptnames.h"
#include "fleet/model.h"

enum { ROUNDS = 5 };

struct item {
	struct aliastext name;
	const char *stack_uid;
	char **alias; /* where the result goes; not set for a stack */
	size_t index;
	bool is_free;    /* the text is the name of no host elsewhere */
	bool is_foreign; /* ... but one of a lower level was */
};

struct items {
	struct item *list;
	struct item **sorted;
	size_t count;
	const struct keptnames *kept; /* or NULL */
	struct foreignnames *foreign; /* or NULL; not for stacks */
};

static int by_text(const void *a, const void *b)
{
	const struct item *x = *(struct item *const *)a;
	const struct item *y = *(struct item *const *)b;
	int order = strcmp(x->name.text, y->name.text);

	if (order != 0)
		return order;
	if (x->name.hash != y->name.hash)
		return x->name.hash < y->name.hash ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* How many from sorted[from] on have one text. */
static size_t run_length(const struct items *items, size_t from)
{
	size_t end = from + 1;

	while (end < items->count &&
	       strcmp(items->sorted[end]->name.text, items->sorted[from]->name.text) == 0)
		end++;
	return end - from;
}

static bool raise(struct item *item)
{
	if (!aliastext_raise(&item->name))
		return false;
	item->is_free = false;
	return true;
}

/* The stack that text was given to on this machine; for a stack, as a prefix. */
static const char *owner_of(const struct items *items, const struct item *item)
{
	char *prefix = item->alias == NULL ? xasprintf("%s-*", item->name.text) : NULL;
	const char *owner = NULL;

	if (items->kept != NULL)
		owner = keptnames_owner(items->kept,
		                        prefix != NULL ? prefix : item->name.text);
	free(prefix);
	return owner;
}

static bool is_owner(const char *owner, const struct item *item)
{
	return owner != NULL && strcmp(owner, item->stack_uid) == 0;
}

/* Begin at the lowest level whose text the item's stack was given before. */
static void settle(const struct items *items, struct item *item)
{
	do {
		aliastext_compose(&item->name);
		if (is_owner(owner_of(items, item), item))
			return;
	} while (item->alias != NULL && raise(item));
	item->name.level = ALIASTEXT_PLAIN;
	aliastext_compose(&item->name);
}

/* Is text, which was given to no stack yet, the name of a host elsewhere? */
static bool is_foreign(const struct items *items, struct item *item)
{
	if (items->foreign == NULL || item->is_free)
		return false;
	item->is_free = !foreignnames_has(items->foreign, item->name.text);
	item->is_foreign = item->is_foreign || !item->is_free;
	return !item->is_free;
}

/* Raise the level of what has one text: of roles, where a server has it, too.  False:
 * nothing could be raised. */
static bool raise_run(struct item **run, size_t count)
{
	bool roles = false;
	bool servers = false;
	bool raised = false;

	if (run[0]->name.hash == run[count - 1]->name.hash)
		return false; /* sorted by hash: all are the same thing */
	for (size_t i = 0; i < count; i++) {
		roles = roles || run[i]->name.role;
		servers = servers || !run[i]->name.role;
	}
	for (size_t i = 0; i < count; i++) {
		if (run[i]->name.role || !roles)
			raised = raise(run[i]) || raised;
	}
	for (size_t i = 0; !raised && servers && i < count; i++)
		raised = raise(run[i]) || raised;
	return raised;
}

/* Several items have one text.  The stack that was given the text keeps it; where no
 * stack was, but a host elsewhere has it, no item does.  True: a level was raised. */
static bool resolve_run(const struct items *items, struct item **run, size_t count)
{
	const char *owner = owner_of(items, run[0]);
	bool foreign = owner == NULL && is_foreign(items, run[0]);
	bool raised = false;
	size_t rest = 0;

	for (size_t i = 0; i < count; i++) {
		struct item *item = run[i];

		if (foreign ? is_foreign(items, item) :
		              owner != NULL && !is_owner(owner, item)) {
			raised = raise(item) || raised;
		} else {
			run[i] = run[rest];
			run[rest++] = item;
		}
	}
	return (rest > 1 && raise_run(run, rest)) || raised;
}

static void make_unique(struct items *items)
{
	bool again = true;

	for (size_t i = 0; i < items->count; i++)
		settle(items, &items->list[i]);
	while (again) {
		again = false;
		for (size_t i = 0; i < items->count; i++)
			aliastext_compose(&items->list[i].name);
		qsort(items->sorted, items->count, sizeof(*items->sorted), by_text);
		for (size_t i = 0, n; i < items->count; i += n) {
			n = run_length(items, i);
			again = resolve_run(items, items->sorted + i, n) || again;
		}
	}
}

static void items_make(struct items *items, size_t count, const struct keptnames *kept)
{
	*items = (struct items){ .kept = kept };
	items->list = xcalloc(count + 1, sizeof(*items->list));
	items->sorted = xcalloc(count + 1, sizeof(*items->sorted));
}

static void items_release(struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		free(items->list[i].name.tail);
	free(items->list);
	free(items->sorted);
}

/* Add one with the slug of name; the other members are the caller's to set. */
static struct item *items_add(struct items *items, const char *name)
{
	struct item *item = &items->list[items->count];

	item->name.head = "";
	item->name.uid = "";
	item->name.tail = aliastext_slug(name);
	item->name.limit = ALIAS_MAX;
	item->index = items->count;
	items->sorted[items->count++] = item;
	return item;
}

static void add_environment(struct item *stack, const char *environment)
{
	char *slug = aliastext_slug(environment);
	char *tail;

	if (slug[0] != '\0') {
		tail = xasprintf("%s-%s", stack->name.tail, slug);
		free(stack->name.tail);
		stack->name.tail = tail;
	}
	free(slug);
}

static const struct stack *stack_at(const struct fleet *fleet, size_t i)
{
	return i < fleet->stack_count ? &fleet->stacks[i] :
	                                &fleet->others[i - fleet->stack_count];
}

/* Add the environment to a stack name that stands in several environments, or that once
 * was another stack's. */
static void add_environments(struct items *items, const struct fleet *fleet)
{
	for (size_t i = 0; i < items->count; i++)
		aliastext_compose(&items->list[i].name);
	qsort(items->sorted, items->count, sizeof(*items->sorted), by_text);
	for (size_t i = 0, n; i < items->count; i += n) {
		const char *first = stack_at(fleet, items->sorted[i]->index)->environment;
		const char *owner = owner_of(items, items->sorted[i]);
		bool differ;

		n = run_length(items, i);
		differ = owner != NULL && n == 1 && !is_owner(owner, items->sorted[i]);
		for (size_t k = i; k < i + n && !differ; k++)
			differ =
				strcasecmp(first, stack_at(fleet, items->sorted[k]->index)
			                                  ->environment) != 0;
		for (size_t k = i; differ && k < i + n; k++)
			add_environment(items->sorted[k],
			                stack_at(fleet, items->sorted[k]->index)
			                        ->environment);
	}
}

static void name_stacks(struct items *heads, const struct fleet *fleet,
                        const struct keptnames *kept)
{
	size_t count = fleet->stack_count + fleet->other_count;

	items_make(heads, count, kept);
	for (size_t i = 0; i < count; i++) {
		const struct stack *stack = stack_at(fleet, i);
		struct item *item = items_add(heads, stack->name);

		item->name.uid = item->stack_uid = stack->uid;
		item->name.hash = aliastext_hash("stack", stack->uid, "");
		item->name.limit =
			ALIASTEXT_MAX; /* cut later, together with the server */
	}
	add_environments(heads, fleet);
	make_unique(heads);
}

/* Add the servers and roles of stack; second: for their second names. */
static void add_stack(struct items *items, const struct stack *stack, const char *head,
                      bool second)
{
	for (size_t i = 0; i < stack->server_count; i++) {
		struct server *s = &stack->servers[i];
		struct item *item = items_add(items, s->name);

		item->name.head = head;
		item->name.uid = s->uid;
		item->stack_uid = stack->uid;
		item->name.hash = aliastext_hash("server", stack->uid, item->name.uid);
		item->alias = second ? &s->second_alias : &s->alias;
	}
	for (size_t i = 0; i < stack->role_count; i++) {
		struct role *role = &stack->roles[i];
		struct item *item = items_add(items, role->name);

		item->name.head = head;
		item->name.role = true;
		item->stack_uid = stack->uid;
		item->name.hash = aliastext_hash("role", stack->uid, role->name);
		item->alias = second ? &role->second_alias : &role->alias;
	}
}

static bool begins_with_part(const char *text, const char *part)
{
	size_t len = strlen(part);

	return strncmp(text, part, len) == 0 && (text[len] == '-' || text[len] == '\0');
}

/*
 * The prefix of a stack's names is the first that it was given here, or else the one that
 * it would get on another machine; the latter, where it is longer or another, is that of
 * the second names.
 */
static void choose_prefixes(struct stack *stack, const char *name,
                            const struct keptnames *kept)
{
	const char *first =
		kept != NULL ? keptnames_prefix(kept, stack->uid, false) : NULL;
	const char *second = name;

	if (first != NULL && begins_with_part(first, name))
		second = keptnames_prefix(kept, stack->uid, true);
	if (first == NULL)
		first = name;
	if (strcmp(first, second) == 0)
		second = NULL;
	free(stack->prefix);
	free(stack->second_prefix);
	stack->prefix = xstrdup(first);
	stack->second_prefix = xstrdup_or_null(second);
}

/* Warn of what is the name of a host elsewhere. */
static void warn_foreign(struct fleet *fleet, const struct item *item)
{
	char plain[ALIASTEXT_MAX + 1];
	struct aliastext other = item->name;

	other.level = ALIASTEXT_PLAIN;
	aliastext_compose(&other);
	(void)snprintf(plain, sizeof(plain), "%s", other.text);
	strvec_pushf(&fleet->warnings,
	             "%s is another host in ~/.ssh/config or ~/.ssh/known_hosts; the %s "
	             "of this name is written as %s",
	             plain, item->name.role ? "role" : "server", item->name.text);
}

static void take_result(struct fleet *fleet, struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		struct item *item = &items->list[i];

		free(*item->alias);
		*item->alias = xstrdup(item->name.text);
		if (item->is_foreign)
			warn_foreign(fleet, item);
	}
}

static void clear_second(struct stack *stack)
{
	for (size_t i = 0; i < stack->server_count; i++) {
		free(stack->servers[i].second_alias);
		stack->servers[i].second_alias = NULL;
	}
	for (size_t i = 0; i < stack->role_count; i++) {
		free(stack->roles[i].second_alias);
		stack->roles[i].second_alias = NULL;
	}
}

void alias_assign(struct fleet *fleet, const struct keptnames *kept,
                  struct foreignnames *foreign)
{
	struct items heads;
	struct items items;
	size_t total = 0;

	name_stacks(&heads, fleet, kept);
	for (size_t i = 0; i < fleet->stack_count; i++)
		total += fleet->stacks[i].server_count + fleet->stacks[i].role_count;
	items_make(&items, 2 * total, kept);
	items.foreign = foreign;
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *stack = &fleet->stacks[i];

		choose_prefixes(stack, heads.list[i].name.text, kept);
		clear_second(stack);
		add_stack(&items, stack, stack->prefix, false);
		if (stack->second_prefix != NULL)
			add_stack(&items, stack, stack->second_prefix, true);
	}
	make_unique(&items);
	take_result(fleet, &items);
	items_release(&items);
	items_release(&heads);
}

int fleet_assign_aliases(struct fleet *fleet, bool anew, struct error *err)
{
	struct keptnames kept = KEPTNAMES_INIT;
	struct foreignnames foreign = FOREIGNNAMES_INIT;
	int rc = anew ? 0 : keptnames_load(&kept, err);

	/* Names that were given decide who has one that several could have.  Go on until
	 * the next sync would give the same. */
	for (int i = 0; rc == 0 && i < ROUNDS; i++) {
		alias_assign(fleet, &kept, &foreign);
		if (!keptnames_add(&kept, fleet))
			break;
	}
	keptnames_release(&kept);
	foreignnames_release(&foreign);
	return rc;
}
