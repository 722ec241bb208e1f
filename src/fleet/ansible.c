/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "fleet/aliastext.h"
#include "fleet/ansible.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/rows.h"

/* The letters and digits of text, other characters as '_'; the caller frees it. */
static char *group_text(const char *text)
{
	char *slug = aliastext_slug(text);

	for (char *c = slug; *c != '\0'; c++) {
		if (*c == '-')
			*c = '_';
	}
	return slug;
}

static char *plain_group(const struct stack *stack)
{
	char *name = group_text(stack->name);
	char *environment = group_text(stack->environment);
	char *group = xasprintf("stack_%s%s%s", name, environment[0] != '\0' ? "_" : "",
	                        environment);

	free(name);
	free(environment);
	return group;
}

/* The group of a stack, another one for each; the caller frees it. */
static char *group_of(const struct fleet *fleet, const struct stack *stack)
{
	char *group = plain_group(stack);
	bool is_taken = false;

	for (size_t i = 0; i < fleet->stack_count && !is_taken; i++) {
		char *other = plain_group(&fleet->stacks[i]);

		is_taken = &fleet->stacks[i] != stack && strcmp(other, group) == 0;
		free(other);
	}
	if (is_taken) {
		char *uid = group_text(stack->uid);
		char *unique = xasprintf("%s_%.8s", group, uid);

		free(uid);
		free(group);
		group = unique;
	}
	return group;
}

/* The members of hosts that have the role (NULL: all) in the stack (NULL: in all). */
static void add_group(const struct host *hosts, size_t count, const struct stack *stack,
                      const char *role, struct strbuf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct host *h = &hosts[i];

		if ((stack == NULL || h->stack == stack) &&
		    (role == NULL || strvec_has(&h->server->roles, role)))
			strbuf_addf(out, "%s\n", host_qualified_alias(h));
	}
}

static void add_stack(const struct fleet *fleet, const struct host *hosts, size_t count,
                      const struct stack *stack, struct strbuf *out)
{
	char *group = group_of(fleet, stack);

	strbuf_addf(out, "\n[%s]\n", group);
	add_group(hosts, count, stack, NULL, out);
	for (size_t i = 0; i < stack->role_count; i++) {
		const char *role = stack->roles[i].name;
		char *text = group_text(role);

		if (rows_have_role(hosts, count, stack, &stack->roles[i])) {
			strbuf_addf(out, "\n[%s_role_%s]\n", group, text);
			add_group(hosts, count, stack, role, out);
		}
		free(text);
	}
	free(group);
}

static void add_roles(const struct host *hosts, size_t count, struct strbuf *out)
{
	struct strvec roles = STRVEC_INIT;

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < hosts[i].server->roles.count; k++)
			strvec_push_once(&roles, hosts[i].server->roles.items[k]);
	}
	strvec_sort(&roles);
	for (size_t i = 0; i < roles.count; i++) {
		char *text = group_text(roles.items[i]);

		strbuf_addf(out, "\n[role_%s]\n", text);
		add_group(hosts, count, NULL, roles.items[i], out);
		free(text);
	}
	strvec_release(&roles);
}

void ansible_inventory(const struct fleet *fleet, const struct host *hosts, size_t count,
                       struct strbuf *out)
{
	const struct stack *last = NULL;

	strbuf_adds(out, "# By cxssh list --ansible.\n");
	for (size_t i = 0; i < count; i++) {
		if (hosts[i].stack != last)
			add_stack(fleet, hosts, count, hosts[i].stack, out);
		last = hosts[i].stack;
	}
	add_roles(hosts, count, out);
}
