/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/mem.h"
#include "base/natural.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "base/suggest.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/nearest.h"

/* How far the host is from what was typed, by its alias or by its name in the stack. */
static size_t distance(const char *typed, const struct host *host)
{
	const char *name = host->server != NULL ? host->server->name : host->role->name;
	size_t by_alias = suggest_cost(typed, host_alias(host));
	size_t by_name = suggest_cost(typed, name);

	return by_alias < by_name ? by_alias : by_name;
}

void nearest_hosts(const struct fleet *fleet, const char *typed, struct strbuf *out)
{
	enum { NAMED = 3 };
	struct strvec near = STRVEC_INIT;
	size_t best = SUGGEST_FAR;

	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		size_t here = distance(typed, &h);

		if (here < best)
			strvec_release(&near);
		best = here < best ? here : best;
		if (here == best && best < SUGGEST_FAR)
			strvec_push(&near, host_alias(&h));
	}
	natural_sort(&near);
	for (size_t i = 0; i < near.count && i < NAMED; i++)
		strbuf_addf(out, "%s%s", i > 0 ? ", " : "; nearest: ", near.items[i]);
	strvec_release(&near);
}

const char *nearest_in(const struct stack *stack, const char *name)
{
	size_t count = stack->server_count + stack->role_count;
	const char **names = xcalloc(count + 1, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < stack->server_count; i++)
		names[i] = stack->servers[i].name;
	for (size_t i = 0; i < stack->role_count; i++)
		names[stack->server_count + i] = stack->roles[i].name;
	near = suggest_near(name, names, count);
	free(names);
	return near;
}
