/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <strings.h>

#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/missing.h"
#include "fleet/model.h"

/* Keep the roles that none of the first count roles of the stack is. */
static void keep_roles(struct stack *stack, size_t count, struct server *s)
{
	struct strvec roles = STRVEC_INIT;

	for (size_t i = 0; i < s->roles.count; i++) {
		const char *name = s->roles.items[i];
		const struct role *role = stack_role(stack, name);

		if (role == NULL)
			stack_add_role(stack, name);
		else if (role < stack->roles + count)
			continue;
		strvec_push(&roles, name);
	}
	strvec_release(&s->roles);
	s->roles = roles;
}

static bool is_replaced(const struct fleet *fleet, const struct stack *stack,
                        const struct server *old)
{
	if (fleet_server(fleet, old->uid, NULL) != NULL)
		return true;
	for (size_t i = 0; i < stack->server_count; i++) {
		if (strcasecmp(stack->servers[i].name, old->name) == 0)
			return true;
	}
	return false;
}

static size_t keep_servers(struct fleet *fleet, struct stack *stack, struct stack *old)
{
	size_t roles = stack->role_count;
	size_t kept = 0;
	size_t left = 0;

	for (size_t i = 0; i < old->server_count; i++) {
		struct server *s = &old->servers[i];

		if (is_replaced(fleet, stack, s)) {
			old->servers[left++] = *s;
			continue;
		}
		keep_roles(stack, roles, s);
		stack->servers =
			xgrow_array(stack->servers, stack->server_count, sizeof(*s));
		stack->servers[stack->server_count++] = *s;
		kept++;
	}
	old->server_count = left;
	return kept;
}

size_t missing_keep(struct fleet *fleet, struct fleet *before)
{
	size_t kept = 0;

	for (size_t i = 0; i < before->stack_count; i++) {
		struct stack *old = &before->stacks[i];
		struct stack *stack = fleet_stack(fleet, old->uid);

		if (stack != NULL) {
			kept += keep_servers(fleet, stack, old);
		} else if (old->server_count > 0 && !fleet_has_other(fleet, old->uid)) {
			fleet->stacks = xgrow_array(fleet->stacks, fleet->stack_count,
			                            sizeof(*fleet->stacks));
			fleet->stacks[fleet->stack_count++] = *old;
			kept += old->server_count;
			*old = (struct stack){ .uid = NULL };
		}
	}
	return kept;
}
