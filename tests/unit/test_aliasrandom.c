/* SPDX-License-Identifier: MIT */
/* Aliases of random fleets that change from sync to sync, with names that collide. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/alias.h"
#include "fleet/keptnames.h"
#include "fleet/model.h"
#include "tap.h"

enum { STACKS = 5, SERVERS = 6, ROLES = 5, WORLDS = 25, SYNCS = 12 };

static const char *const names[] = {
	"shop",
	"SHOP",
	"shop web",
	"shop-role",
	"a",
	"a-b",
	"a.b",
	"role-web",
	"web",
	"Web",
	"web-1",
	"b",
	"b-c",
	"production",
	"staging",
	"role",
	"shop-prod",
	"\xe6\x97",
	"role-role-web",
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy",
};
static const char *const environments[] = { "", "production", "staging", "web", "b" };
static const char *const roles[] = { "web", "role-web",     "b", "b-c", "production",
	                             "a",   "role-role-web" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The account: its stacks and servers by their places, of which not all are filled. */
static struct {
	unsigned uid; /* 0: no such stack */
	const char *name;
	const char *environment;
	struct {
		unsigned uid; /* 0: no such server */
		const char *name;
		bool has[COUNT(roles)];
	} servers[SERVERS];
} world[STACKS];
static unsigned state = 1;

static unsigned below(size_t limit)
{
	state = state * 1103515245U + 12345U;
	return (state >> 16) % (unsigned)limit;
}

static void change_server(size_t at, size_t i)
{
	if (world[at].servers[i].uid != 0 && below(3) == 0) {
		world[at].servers[i].uid = 0;
		return;
	}
	if (world[at].servers[i].uid == 0 || below(3) == 0)
		world[at].servers[i].uid = state | 1;
	world[at].servers[i].name = names[below(COUNT(names))];
	for (size_t k = 0; k < COUNT(roles); k++)
		world[at].servers[i].has[k] = below(4) == 0;
}

static void change_world(size_t changes)
{
	while (changes-- > 0) {
		size_t at = below(STACKS);

		if (world[at].uid != 0 && below(8) == 0) {
			world[at].uid = 0;
		} else if (world[at].uid == 0 || below(8) == 0) {
			if (world[at].uid == 0)
				world[at].uid = state | 1;
			world[at].name = names[below(COUNT(names))];
			world[at].environment = environments[below(COUNT(environments))];
		}
		change_server(at, below(SERVERS));
	}
}

static void add_servers(struct stack *stack, size_t at, bool backwards)
{
	stack->servers = xcalloc(SERVERS, sizeof(*stack->servers));
	for (size_t n = 0; n < SERVERS; n++) {
		size_t i = backwards ? SERVERS - 1 - n : n;

		if (world[at].servers[i].uid == 0)
			continue;
		stack->servers[stack->server_count++] = (struct server){
			.uid = xasprintf("%08x", world[at].servers[i].uid),
			.name = xstrdup(world[at].servers[i].name),
			.alias = xstrdup(""),
		};
		for (size_t k = 0; k < COUNT(roles); k++) {
			if (world[at].servers[i].has[k] &&
			    stack_role(stack, roles[k]) == NULL)
				stack_add_role(stack, roles[k]);
		}
	}
}

/* The account as the API lists it, with the aliases of the file. */
static void make_fleet(struct fleet *fleet, bool backwards, struct keptnames *kept)
{
	struct error err = ERROR_INIT;

	*fleet = (struct fleet)FLEET_INIT;
	fleet->stacks = xcalloc(STACKS, sizeof(*fleet->stacks));
	for (size_t n = 0; n < STACKS; n++) {
		size_t at = backwards ? STACKS - 1 - n : n;
		struct stack *stack = &fleet->stacks[fleet->stack_count];

		if (world[at].uid == 0)
			continue;
		fleet->stack_count++;
		*stack = (struct stack){ .uid = xasprintf("%08x", world[at].uid),
			                 .name = xstrdup(world[at].name),
			                 .environment = xstrdup(world[at].environment) };
		add_servers(stack, at, backwards);
	}
	*kept = (struct keptnames)KEPTNAMES_INIT;
	if (keptnames_load(kept, &err) == -1 ||
	    fleet_assign_aliases(fleet, false, &err) == -1)
		abort();
}

/* Add "ALIAS STACK-UID WHAT" for each alias. */
static void note(struct strvec *list, const char *alias, const struct stack *stack,
                 const char *what)
{
	if (alias != NULL)
		strvec_pushf(list, "%s %s %s", alias, stack->uid, what);
}

static void collect(const struct fleet *fleet, struct strvec *list)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count; k++) {
			note(list, s->servers[k].alias, s, s->servers[k].uid);
			note(list, s->servers[k].second_alias, s, s->servers[k].uid);
		}
		for (size_t k = 0; k < s->role_count; k++) {
			note(list, s->roles[k].alias, s, s->roles[k].name);
			note(list, s->roles[k].second_alias, s, s->roles[k].name);
		}
	}
	strvec_sort(list);
}

/* The aliases of a fleet whose names differ, are allowed, and lead to no other stack than
 * they did before. */
static size_t count_bad(const struct strvec *list, const struct keptnames *kept)
{
	size_t bad = 0;
	char last[64] = "";

	for (size_t i = 0; i < list->count; i++) {
		char *line = xstrdup(list->items[i]);
		char *rest = line;
		const char *alias = strsep(&rest, " ");
		const char *uid = strsep(&rest, " ");
		const char *owner = keptnames_owner(kept, alias);

		if (!valid_alias(alias) ||
		    (strcmp(alias, last) == 0 &&
		     strcmp(list->items[i], list->items[i - 1]) != 0) ||
		    (owner != NULL && strcmp(owner, uid) != 0)) {
			fprintf(stderr, "# bad: %s\n", list->items[i]);
			bad++;
		}
		(void)snprintf(last, sizeof(last), "%s", alias);
		free(line);
	}
	return bad;
}

static bool same(const struct strvec *a, const struct strvec *b)
{
	bool all = a->count == b->count;

	for (size_t i = 0; all && i < a->count; i++) {
		all = strcmp(a->items[i], b->items[i]) == 0;
		if (!all)
			fprintf(stderr, "# %s, and %s\n", a->items[i], b->items[i]);
	}
	return all;
}

/* One sync: what is wrong with it. */
static void sync_once(size_t *bad, size_t *by_order, size_t *by_again)
{
	struct strvec lists[3] = { STRVEC_INIT, STRVEC_INIT, STRVEC_INIT };
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < 3; i++) {
		struct keptnames kept;
		struct fleet fleet;

		make_fleet(&fleet, i > 0, &kept);
		collect(&fleet, &lists[i]);
		*bad += count_bad(&lists[i], &kept);
		if (i == 1 && keptnames_store(&fleet, false, &err) == -1)
			abort();
		keptnames_release(&kept);
		fleet_release(&fleet);
	}
	*by_order += !same(&lists[0], &lists[1]);
	*by_again += !same(&lists[1], &lists[2]);
	for (size_t i = 0; i < 3; i++)
		strvec_release(&lists[i]);
}

int main(int argc, char *argv[])
{
	char folder[] = "/tmp/cxssh-aliases-XXXXXX";
	size_t bad = 0;
	size_t by_order = 0;
	size_t by_again = 0;

	state = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
	if (mkdtemp(folder) == NULL || chdir(folder) == -1 ||
	    setenv("XDG_CONFIG_HOME", folder, 1) == -1 ||
	    setenv("XDG_CACHE_HOME", folder, 1) == -1)
		abort();
	for (size_t i = 0; i < WORLDS; i++) {
		(void)unlink("cxssh/aliases");
		memset(world, 0, sizeof(world));
		change_world(30);
		for (size_t k = 0; k < SYNCS; k++) {
			sync_once(&bad, &by_order, &by_again);
			change_world(1 + below(4));
		}
	}
	ok(bad == 0, "aliases of random fleets differ, and stay with their stack");
	ok(by_order == 0, "the order of the API changes no alias");
	ok(by_again == 0, "a sync after which nothing changed changes no alias");
	(void)unlink("cxssh/aliases");
	(void)rmdir("cxssh");
	(void)rmdir(folder);
	return done_testing();
}
