/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/alias.h"
#include "fleet/foreignnames.h"
#include "fleet/keptnames.h"
#include "fleet/model.h"

/*
 * The level of a name rises as long as another one has the same text: a role first gets
 * "-role-", then come more and more characters of the uid, and last a hash of the whole
 * identity.
 */
enum { LEVEL_PLAIN, LEVEL_ROLE, LEVEL_TAG, LEVEL_HASH = 6 };
static const size_t tag_lengths[] = { 0, 0, 6, 8, 12, 16, 16 };

enum { TEXT_MAX = 100, TAG_MAX = 16 };

struct item {
	const char *head; /* the stack's part, or "" */
	char *tail;       /* owned: the slug of this one */
	const char *uid;  /* "" for a role */
	const char *stack_uid;
	char **alias;  /* where the result goes; not set for a stack */
	uint64_t hash; /* of kind and uids: equal only for the same thing */
	size_t index;
	size_t limit; /* of text */
	unsigned level;
	bool role;
	bool is_free;    /* text is the name of no host elsewhere */
	bool is_foreign; /* ... but one of a lower level was */
	char text[TEXT_MAX + 1];
};

struct items {
	struct item *list;
	struct item **sorted;
	size_t count;
	const struct keptnames *kept; /* or NULL */
	struct foreignnames *foreign; /* or NULL; not for stacks */
};

/* ASCII, whatever the locale says. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_slug_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

char *alias_slug(const char *text)
{
	char *slug = xcalloc(strlen(text) + 1, 1);
	bool gap = false; /* other bytes since the last letter or digit */
	size_t len = 0;

	for (size_t i = 0; text[i] != '\0'; i++) {
		char c = lower(text[i]);

		if (!is_slug_char(c)) {
			gap = true;
			continue;
		}
		if (gap && len > 0)
			slug[len++] = '-';
		slug[len++] = c;
		gap = false;
	}
	return slug;
}

/* FNV-1a; the NUL at the end is part of it, so that "a","bc" is not "ab","c". */
static uint64_t hash_more(uint64_t hash, const char *text)
{
	do {
		hash ^= (unsigned char)*text;
		hash *= UINT64_C(0x100000001b3);
	} while (*text++ != '\0');
	return hash;
}

static uint64_t hash_of(const char *kind, const char *first, const char *second)
{
	uint64_t hash = hash_more(UINT64_C(0xcbf29ce484222325), kind);

	return hash_more(hash_more(hash, first), second);
}

/* The first len characters of the uid, filled up from the hash where it is short. */
static void make_tag(const struct item *item, size_t len, char tag[TAG_MAX + 1])
{
	char hex[TAG_MAX + 1];
	size_t n = 0;

	(void)snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)item->hash);
	if (item->level < LEVEL_HASH) {
		for (const char *p = item->uid; *p != '\0' && n < len; p++) {
			if (is_slug_char(lower(*p)))
				tag[n++] = lower(*p);
		}
	}
	for (size_t i = 0; n < len; i++)
		tag[n++] = hex[i];
	tag[n] = '\0';
}

/* No more than max characters of text, and no '-' at the end. */
static int cut(const char *text, size_t max)
{
	size_t len = strnlen(text, max);

	while (len > 0 && !is_slug_char(text[len - 1]))
		len--;
	return (int)len;
}

/* What stands between head and tail. */
static const char *middle(const struct item *item)
{
	if (item->head[0] == '\0')
		return "";
	if (!item->role || item->level < LEVEL_ROLE)
		return item->tail[0] == '\0' ? "" : "-";
	return item->tail[0] == '\0' ? "-role" : "-role-";
}

/* head-tail-tag, as long as it may be; the tail, a server's own name, is cut last. */
static void compose(struct item *item)
{
	const char *mid = middle(item);
	size_t tag_len = tag_lengths[item->level];
	size_t whole = strlen(item->head) + strlen(mid) + strlen(item->tail);
	char tag[TAG_MAX + 1];
	size_t space;
	int head;
	int tail;

	if (tag_len == 0 && (whole > item->limit || item->tail[0] == '\0'))
		tag_len = tag_lengths[LEVEL_TAG];
	make_tag(item, tag_len, tag);
	space = item->limit - (tag_len > 0 ? tag_len + 1 : 0) - strlen(mid);
	if (whole - strlen(mid) <= space) {
		head = (int)strlen(item->head);
		tail = (int)strlen(item->tail);
	} else {
		size_t half = space - cut(item->head, space / 2);

		tail = cut(item->tail, half);
		head = cut(item->head, space - (size_t)tail);
	}
	(void)snprintf(item->text, sizeof(item->text), "%.*s%s%.*s%s%s", head, item->head,
	               mid, tail, item->tail, tag_len > 0 && head + tail > 0 ? "-" : "",
	               tag);
}

static int by_text(const void *a, const void *b)
{
	const struct item *x = *(struct item *const *)a;
	const struct item *y = *(struct item *const *)b;
	int order = strcmp(x->text, y->text);

	if (order != 0)
		return order;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* How many from sorted[from] on have one text. */
static size_t run_length(const struct items *items, size_t from)
{
	size_t end = from + 1;

	while (end < items->count &&
	       strcmp(items->sorted[end]->text, items->sorted[from]->text) == 0)
		end++;
	return end - from;
}

static bool raise(struct item *item)
{
	if (item->level == LEVEL_HASH)
		return false;
	item->level =
		item->level == LEVEL_PLAIN && !item->role ? LEVEL_TAG : item->level + 1;
	item->is_free = false;
	return true;
}

/* The stack that text was given to on this machine; for a stack, as a prefix. */
static const char *owner_of(const struct items *items, const struct item *item)
{
	char *prefix = item->alias == NULL ? xasprintf("%s-*", item->text) : NULL;
	const char *owner = NULL;

	if (items->kept != NULL)
		owner = keptnames_owner(items->kept,
		                        prefix != NULL ? prefix : item->text);
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
		compose(item);
		if (is_owner(owner_of(items, item), item))
			return;
	} while (item->alias != NULL && raise(item));
	item->level = LEVEL_PLAIN;
	compose(item);
}

/* Is text, which was given to no stack yet, the name of a host elsewhere? */
static bool is_foreign(const struct items *items, struct item *item)
{
	if (items->foreign == NULL || item->is_free)
		return false;
	item->is_free = !foreignnames_has(items->foreign, item->text);
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

	if (run[0]->hash == run[count - 1]->hash)
		return false; /* sorted by hash: all are the same thing */
	for (size_t i = 0; i < count; i++) {
		roles = roles || run[i]->role;
		servers = servers || !run[i]->role;
	}
	for (size_t i = 0; i < count; i++) {
		if (run[i]->role || !roles)
			raised = raise(run[i]) || raised;
	}
	for (size_t i = 0; !raised && servers && i < count; i++)
		raised = raise(run[i]) || raised;
	return raised;
}

/* Of what has one text, leave it to the stack that was given it; where it is free, but a
 * host elsewhere has it, to none.  True: a level was raised. */
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
			compose(&items->list[i]);
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
		free(items->list[i].tail);
	free(items->list);
	free(items->sorted);
}

/* Add one with the slug of name; the other members are the caller's to set. */
static struct item *items_add(struct items *items, const char *name)
{
	struct item *item = &items->list[items->count];

	item->head = "";
	item->uid = "";
	item->tail = alias_slug(name);
	item->limit = ALIAS_MAX;
	item->index = items->count;
	items->sorted[items->count++] = item;
	return item;
}

static void add_environment(struct item *stack, const char *environment)
{
	char *slug = alias_slug(environment);
	char *tail;

	if (slug[0] != '\0') {
		tail = xasprintf("%s-%s", stack->tail, slug);
		free(stack->tail);
		stack->tail = tail;
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
		compose(&items->list[i]);
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

		item->uid = item->stack_uid = stack->uid;
		item->hash = hash_of("stack", stack->uid, "");
		item->limit = TEXT_MAX; /* cut later, together with the server */
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

		item->head = head;
		item->uid = s->uid;
		item->stack_uid = stack->uid;
		item->hash = hash_of("server", stack->uid, item->uid);
		item->alias = second ? &s->second_alias : &s->alias;
	}
	for (size_t i = 0; i < stack->role_count; i++) {
		struct role *role = &stack->roles[i];
		struct item *item = items_add(items, role->name);

		item->head = head;
		item->role = true;
		item->stack_uid = stack->uid;
		item->hash = hash_of("role", stack->uid, role->name);
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
	stack->second_prefix = second != NULL ? xstrdup(second) : NULL;
}

/* Warn of what is the name of a host elsewhere. */
static void warn_foreign(struct fleet *fleet, const struct item *item)
{
	char plain[TEXT_MAX + 1];
	struct item other = *item;

	other.level = LEVEL_PLAIN;
	compose(&other);
	(void)snprintf(plain, sizeof(plain), "%s", other.text);
	strvec_pushf(&fleet->warnings,
	             "%s is another host in ~/.ssh/config or ~/.ssh/known_hosts; the %s "
	             "of "
	             "this name is written as %s",
	             plain, item->role ? "role" : "server", item->text);
}

static void take_result(struct fleet *fleet, struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		struct item *item = &items->list[i];

		free(*item->alias);
		*item->alias = xstrdup(item->text);
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

		choose_prefixes(stack, heads.list[i].text, kept);
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

	if (rc == 0)
		alias_assign(fleet, &kept, &foreign);
	keptnames_release(&kept);
	foreignnames_release(&foreign);
	return rc;
}
