/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/error.h"
#include "cli/confirm.h"
#include "cli/syncreport.h"
#include "fleet/changes.h"
#include "fleet/model.h"
#include "runtime/lock.h"

enum { NAMES_MAX = 20 };

static void print_names(const char *what, const struct strvec *names)
{
	if (names->count == 0)
		return;
	(void)printf("%s: ", what);
	for (size_t i = 0; i < names->count && i < NAMES_MAX; i++)
		(void)printf("%s%s", i > 0 ? ", " : "", names->items[i]);
	if (names->count > NAMES_MAX)
		(void)printf(" and %zu more", names->count - NAMES_MAX);
	(void)putchar('\n');
}

void syncreport_print(const struct changes *changes)
{
	if (changes->before == 0)
		return;
	print_names("new", &changes->added);
	print_names("gone", &changes->gone);
	print_names("changed", &changes->changed);
	if (changes->left_out > 0)
		(void)printf("left out, because other stacks were named: %zu hosts\n",
		             changes->left_out);
}

void syncreport_print_kept(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		if (s->second_prefix != NULL && s->server_count > 0)
			(void)printf("kept: %s-* leads to %s%s%s%s on this machine, as "
			             "%s-* does on all; to give it up, run: cxssh sync "
			             "--rename\n",
			             s->prefix, s->name,
			             s->environment[0] != '\0' ? " (" : "",
			             s->environment, s->environment[0] != '\0' ? ")" : "",
			             s->second_prefix);
	}
}

int syncreport_allow(const struct changes *changes, bool yes, int *lock,
                     struct error *err)
{
	if (yes || !changes_are_many(changes))
		return 0;
	if (confirm_is_possible()) {
		lock_release(*lock);
		*lock = -1;
		print_names("gone", &changes->gone);
		(void)printf("The API does not name %zu of %zu hosts any more.\n",
		             changes->gone.count, changes->before);
		if (confirm("Remove them?", false))
			return 0;
	}
	return changes_refuse(changes, "cxssh sync --yes", err);
}
