/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/twins.h"

/* By uid, then in the order of the stacks, which are in one array. */
static int by_uid(const void *a, const void *b)
{
	const struct host *x = a;
	const struct host *y = b;
	int order = strcmp(x->server->uid, y->server->uid);

	return order != 0 ? order : (x->stack > y->stack) - (x->stack < y->stack);
}

static bool is_another(const struct server *a, const struct server *b)
{
	return strcmp(a->uid, b->uid) == 0 &&
	       (strcmp(a->name, b->name) != 0 || strcmp(a->address, b->address) != 0);
}

/* Remove the servers without a uid, and the roles that have no server then. */
static void remove_blank(struct stack *stack)
{
	size_t servers = 0;
	size_t roles = 0;

	for (size_t i = 0; i < stack->server_count; i++) {
		if (stack->servers[i].uid[0] == '\0')
			server_release(&stack->servers[i]);
		else
			stack->servers[servers++] = stack->servers[i];
	}
	stack->server_count = servers;
	for (size_t i = 0; i < stack->role_count; i++) {
		if (stack_server_of_role(stack, stack->roles[i].name) != NULL)
			stack->roles[roles++] = stack->roles[i];
		else
			role_release(&stack->roles[i]);
	}
	stack->role_count = roles;
}

/* Every server as a host, by uid; the caller frees the array. */
static struct host *sorted_servers(const struct fleet *fleet, size_t *count)
{
	struct host *all = NULL;

	*count = 0;
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		all = xrealloc_array(all, *count + s->server_count + 1, sizeof(*all));
		for (size_t k = 0; k < s->server_count; k++)
			all[(*count)++] = (struct host){ s, &s->servers[k], NULL };
	}
	if (*count > 0)
		qsort(all, *count, sizeof(*all), by_uid);
	return all;
}

void fleet_skip_twins(struct fleet *fleet)
{
	size_t count;
	struct host *all = sorted_servers(fleet, &count);
	const struct server *first = NULL;

	for (size_t i = 0; i < count; i++) {
		struct host *h = &all[i];
		char *what;

		if (first == NULL || !is_another(first, h->server)) {
			first = h->server;
			continue;
		}
		what = xasprintf("server %s of stack %s", h->server->name,
		                 h->stack->name);
		fleet_warn(fleet, what, "its uid is that of another");
		free(what);
		h->server->uid[0] = '\0';
	}
	for (size_t i = 0; i < fleet->stack_count; i++)
		remove_blank(&fleet->stacks[i]);
	free(all);
}
