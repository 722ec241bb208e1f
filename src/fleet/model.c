/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strvec.h"
#include "fleet/model.h"

enum { WARNINGS_MAX = 100 };

void server_release(struct server *s)
{
	free(s->uid);
	free(s->name);
	free(s->alias);
	free(s->second_alias);
	free(s->address);
	free(s->user);
	free(s->stack_uid);
	free(s->stack_name);
	free(s->gateway);
	free(s->ext_ipv4);
	free(s->dns_record);
	strvec_release(&s->roles);
}

void role_release(struct role *role)
{
	free(role->name);
	free(role->alias);
	free(role->second_alias);
}

static void stack_release(struct stack *stack)
{
	for (size_t i = 0; i < stack->server_count; i++)
		server_release(&stack->servers[i]);
	for (size_t i = 0; i < stack->role_count; i++)
		role_release(&stack->roles[i]);
	free(stack->servers);
	free(stack->roles);
	free(stack->uid);
	free(stack->name);
	free(stack->environment);
	free(stack->prefix);
	free(stack->second_prefix);
	free(stack->git);
	free(stack->git_branch);
	free(stack->deploy_directory);
	free(stack->backend);
	free(stack->kubernetes_namespace);
	strvec_release(&stack->unaddressed);
}

void fleet_release(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->stack_count; i++)
		stack_release(&fleet->stacks[i]);
	free(fleet->stacks);
	for (size_t i = 0; i < fleet->other_count; i++)
		stack_release(&fleet->others[i]);
	free(fleet->others);
	free(fleet->profile);
	free(fleet->org);
	strvec_release(&fleet->warnings);
	*fleet = (struct fleet)FLEET_INIT;
}

void fleet_warn(struct fleet *fleet, const char *what, const char *why)
{
	if (fleet->warnings.count < WARNINGS_MAX)
		strvec_pushf(&fleet->warnings, "skipped %s: %s", what, why);
	else if (fleet->warnings.count == WARNINGS_MAX)
		strvec_push(&fleet->warnings, "skipped more than these");
}

struct role *stack_role(const struct stack *stack, const char *name)
{
	for (size_t i = 0; i < stack->role_count; i++) {
		if (strcmp(stack->roles[i].name, name) == 0)
			return &stack->roles[i];
	}
	return NULL;
}

void stack_add_role(struct stack *stack, const char *name)
{
	stack->roles =
		xgrow_array(stack->roles, stack->role_count, sizeof(*stack->roles));
	stack->roles[stack->role_count++] =
		(struct role){ .name = xstrdup(name), .alias = xstrdup("") };
}

size_t fleet_server_count(const struct fleet *fleet)
{
	size_t count = 0;

	for (size_t i = 0; i < fleet->stack_count; i++)
		count += fleet->stacks[i].server_count;
	return count;
}

struct stack *fleet_stack(const struct fleet *fleet, const char *uid)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		if (strcmp(fleet->stacks[i].uid, uid) == 0)
			return &fleet->stacks[i];
	}
	return NULL;
}

bool fleet_has_other(const struct fleet *fleet, const char *uid)
{
	for (size_t i = 0; i < fleet->other_count; i++) {
		if (strcmp(fleet->others[i].uid, uid) == 0)
			return true;
	}
	return false;
}

struct server *stack_server(const struct stack *stack, const char *uid)
{
	for (size_t i = 0; i < stack->server_count; i++) {
		if (strcmp(stack->servers[i].uid, uid) == 0)
			return &stack->servers[i];
	}
	return NULL;
}

struct server *stack_server_of_role(const struct stack *stack, const char *role)
{
	for (size_t i = 0; i < stack->server_count; i++) {
		if (strvec_has(&stack->servers[i].roles, role))
			return &stack->servers[i];
	}
	return NULL;
}

struct server *fleet_server(const struct fleet *fleet, const char *uid,
                            struct stack **stack)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct server *server = stack_server(&fleet->stacks[i], uid);

		if (server == NULL)
			continue;
		if (stack != NULL)
			*stack = &fleet->stacks[i];
		return server;
	}
	return NULL;
}

const char *const health_words[] = { "unknown", "building", "impaired",
	                             "healthy", "failed",   NULL };

const char *server_health(const struct server *server)
{
	return health_words[server->health >= 0 && server->health <= 4 ? server->health :
	                                                                 0];
}
