/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/mem.h"
#include "base/natural.h"
#include "base/strvec.h"
#include "base/utf8.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/modelread.h"
#include "fleet/rows.h"

static int compare_stacks(const struct stack *a, const struct stack *b)
{
	int order = natural_compare(a->name, b->name);

	if (order == 0)
		order = natural_compare(a->environment, b->environment);
	return order != 0 ? order : strcmp(a->uid, b->uid);
}

static int compare(const void *left, const void *right)
{
	const struct host *a = left;
	const struct host *b = right;
	int order = a->stack != b->stack ? compare_stacks(a->stack, b->stack) : 0;

	if (order == 0)
		order = natural_compare(a->server->name, b->server->name);
	return order != 0 ? order : strcmp(a->server->uid, b->server->uid);
}

static bool has_part(const char *text, const char *word)
{
	return text != NULL && strcasestr(text, word) != NULL;
}

/* A whole address is no part of a longer one. */
static bool has_address(const char *text, const char *word)
{
	return text != NULL &&
	       (valid_ip(word) ? strcasecmp(text, word) == 0 : has_part(text, word));
}

static bool has_role(const struct server *server, const char *role)
{
	char name[FLEET_ROLE_SIZE];

	if (fleet_role_name(role, name))
		role = name;
	for (size_t i = 0; i < server->roles.count; i++) {
		if (strcasecmp(server->roles.items[i], role) == 0)
			return true;
	}
	return false;
}

static bool fits_word(const struct stack *stack, const struct server *server,
                      const char *given)
{
	char *plain = utf8_plain_name(given);
	const char *word = plain != NULL ? plain : given;
	bool fits = has_part(stack->name, word) || has_part(stack->environment, word) ||
	            has_part(server->alias, word) || has_part(server->name, word) ||
	            has_address(server->address, word) ||
	            has_address(server->ext_ipv4, word) ||
	            has_part(server->gateway, word) || has_role(server, word) ||
	            strcasecmp(server->uid, word) == 0 ||
	            strcasecmp(stack->uid, word) == 0;

	free(plain);
	return fits;
}

/* word, or one of the words between its commas. */
static bool fits_any(const struct stack *stack, const struct server *server,
                     const char *word)
{
	char *copy = xstrdup(word);
	bool found = fits_word(stack, server, word);

	for (char *rest = copy, *one; !found && (one = strsep(&rest, ",")) != NULL;)
		found = one[0] != '\0' && fits_word(stack, server, one);
	free(copy);
	return found;
}

static bool fits(const struct stack *stack, const struct server *server,
                 const struct rows_filter *filter)
{
	if (filter->environment != NULL && filter->environment[0] != '\0' &&
	    !utf8_begins_name(filter->environment, stack->environment))
		return false;
	if (filter->role != NULL && !has_role(server, filter->role))
		return false;
	if (filter->health != NULL &&
	    strcasecmp(server_health(server), filter->health) != 0)
		return false;
	for (char *const *word = filter->words; word != NULL && *word != NULL; word++) {
		if (!fits_any(stack, server, *word))
			return false;
	}
	return true;
}

/* Is it a stack of this name or uid, or of a name that begins so? */
static bool is_stack(const struct stack *stack, const char *name, bool by_prefix)
{
	if (by_prefix)
		return utf8_begins_name(name, stack->name);
	return utf8_same_name(name, stack->name) || strcmp(stack->uid, name) == 0;
}

size_t rows_collect(const struct fleet *fleet, const struct rows_filter *filter,
                    struct host **hosts)
{
	const char *only =
		filter->stack != NULL && filter->stack[0] != '\0' ? filter->stack : NULL;
	bool by_prefix = true;
	size_t count = 0;

	for (size_t i = 0; only != NULL && i < fleet->stack_count; i++)
		by_prefix = by_prefix && !is_stack(&fleet->stacks[i], only, false);
	*hosts = xcalloc(fleet_server_count(fleet) + 1, sizeof(**hosts));
	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		if (only != NULL && !is_stack(s, only, by_prefix))
			continue;
		for (size_t k = 0; k < s->server_count; k++) {
			if (fits(s, &s->servers[k], filter))
				(*hosts)[count++] =
					(struct host){ s, &s->servers[k], NULL };
		}
	}
	if (count > 0)
		qsort(*hosts, count, sizeof(**hosts), compare);
	return count;
}

bool rows_have_role(const struct host *hosts, size_t count, const struct stack *stack,
                    const struct role *role)
{
	for (size_t i = 0; i < count; i++) {
		if (hosts[i].stack == stack &&
		    strvec_has(&hosts[i].server->roles, role->name))
			return true;
	}
	return false;
}
