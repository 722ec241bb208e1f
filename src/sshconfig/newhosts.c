/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "fleet/host.h"
#include "fleet/keptnames.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "keys/agentidentity.h"
#include "runtime/config.h"
#include "sshconfig/generate.h"
#include "sshconfig/newhosts.h"

enum {
	KNOWN_MAX = 400, /* bytes: the line must stay below 1000 */
	LOGINS_MAX = 64, /* servers whose login is counted */
};

static bool same_login(const struct server *a, const struct server *b)
{
	return strcmp(a->user, b->user) == 0 &&
	       server_identity_is_ours(a) == server_identity_is_ours(b) &&
	       a->personal_key == b->personal_key;
}

/* The one of these servers whose login most of them have; NULL: there are none. */
static const struct server *usual_of(const struct server *const *servers, size_t count)
{
	const struct server *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < count && i < LOGINS_MAX; i++) {
		size_t same = 0;

		for (size_t k = 0; k < count; k++)
			same += same_login(servers[i], servers[k]);
		/* One that is being set up has no key yet. */
		if (same > most || (same == most && server_identity_is_ours(servers[i]) &&
		                    !server_identity_is_ours(best))) {
			most = same;
			best = servers[i];
		}
	}
	return best;
}

static const struct server *usual_server(const struct stack *stack)
{
	const struct server **servers =
		xcalloc(stack->server_count + 1, sizeof(*servers));
	const struct server *usual;

	for (size_t i = 0; i < stack->server_count; i++)
		servers[i] = &stack->servers[i];
	usual = usual_of(servers, stack->server_count);
	free(servers);
	return usual;
}

/* For a stack without servers: what is usual in most stacks, so that a large one does not
 * decide for the others; NULL: no stack has a server. */
static const struct server *usual_elsewhere(const struct fleet *fleet)
{
	const struct server **servers = xcalloc(fleet->stack_count + 1, sizeof(*servers));
	const struct server *usual;
	size_t count = 0;

	for (size_t i = 0; i < fleet->stack_count; i++) {
		if (fleet->stacks[i].server_count > 0)
			servers[count++] = usual_server(&fleet->stacks[i]);
	}
	usual = usual_of(servers, count);
	free(servers);
	return usual;
}

/*
 * The names that begin so and have a block of their own, which shall stay as it is and
 * cost no exec: each with a "!" for the list of "host".  First comes the prefix, which no
 * name of the stack is: ssh wants one.
 */
static void list_known(const struct fleet *fleet, const char *prefix, struct strbuf *out)
{
	size_t len = strlen(prefix);

	strbuf_addf(out, "!%s", prefix);
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		const char *const aliases[] = { host_alias(&h), host_second_alias(&h) };

		for (size_t i = 0; i < 2 && aliases[i] != NULL; i++) {
			if (strncmp(aliases[i], prefix, len) == 0 &&
			    aliases[i][len] == '-' &&
			    out->len + strlen(aliases[i]) < KNOWN_MAX)
				strbuf_addf(out, ",!%s", aliases[i]);
		}
	}
}

/* A prefix of a stack. */
struct beginning {
	const struct stack *stack;
	char *prefix;         /* owned */
	struct server likely; /* see likely_server() */
};

struct beginnings {
	struct beginning *items;
	size_t count;
};

/* The login that a server of stack which is not known yet is likely to have; elsewhere is
 * that of other stacks.  Borrows from both. */
static struct server likely_server(const struct stack *stack,
                                   const struct server *elsewhere)
{
	const struct server *usual = usual_server(stack);
	struct server likely = usual != NULL ? *usual : *elsewhere;

	if (usual == NULL)
		likely.stack_uid = stack->uid; /* which names the key file */
	return likely;
}

static int add_stack(struct generator *generator, const struct fleet *fleet,
                     const struct beginning *beginning, const struct config *config,
                     struct strbuf *text, struct error *err)
{
	const struct server *likely = &beginning->likely;
	char *identity = server_identity(likely, config);
	bool agent = config->keys_in_agent && server_identity_is_ours(likely);
	bool named = !agent || agentidentity_renewal(identity) != 0;
	struct strbuf known = STRBUF_INIT;
	int rc;

	list_known(fleet, beginning->prefix, &known);
	rc = generate_add(generator,
	                  &(struct generate_host){ .prefix = beginning->prefix,
	                                           .known = known.data,
	                                           .user = likely->user,
	                                           .identity = named ? identity : NULL,
	                                           .agent = agent },
	                  text, err);
	strbuf_release(&known);
	free(identity);
	return rc;
}

static int by_length(const void *a, const void *b)
{
	const struct beginning *x = a;
	const struct beginning *y = b;
	size_t m = strlen(x->prefix);
	size_t n = strlen(y->prefix);

	return m != n ? (m < n) - (m > n) : strcmp(x->prefix, y->prefix);
}

/* Add the prefixes that names of the stack have, and those that they had. */
static void list_prefixes(const struct stack *stack, const struct keptnames *kept,
                          const struct server *elsewhere, struct beginnings *all)
{
	struct server likely = likely_server(stack, elsewhere);
	struct strvec prefixes = STRVEC_INIT;

	if (stack->prefix != NULL)
		strvec_push(&prefixes, stack->prefix);
	if (stack->second_prefix != NULL)
		strvec_push(&prefixes, stack->second_prefix);
	keptnames_prefixes(kept, stack->uid, &prefixes);
	for (size_t i = 0; i < prefixes.count; i++) {
		if (!valid_alias(prefixes.items[i]))
			continue;
		all->items = xgrow_array(all->items, all->count, sizeof(*all->items));
		all->items[all->count++] =
			(struct beginning){ stack, xstrdup(prefixes.items[i]), likely };
	}
	strvec_release(&prefixes);
}

int newhosts_add(struct generator *generator, const struct fleet *fleet,
                 const struct config *config, struct strbuf *text, struct error *err)
{
	struct keptnames kept = KEPTNAMES_INIT;
	struct error ignored = ERROR_INIT;
	struct beginnings all = { .count = 0 };
	const struct server *elsewhere = usual_elsewhere(fleet);
	int rc = 0;

	(void)keptnames_load(&kept, &ignored);
	for (size_t i = 0; i < fleet->stack_count && elsewhere != NULL; i++) {
		if (config->auto_sync)
			list_prefixes(&fleet->stacks[i], &kept, elsewhere, &all);
	}
	keptnames_release(&kept);
	if (all.count > 0)
		qsort(all.items, all.count, sizeof(*all.items), by_length);
	for (size_t i = 0; i < all.count && rc == 0; i++) {
		const struct beginning *b = &all.items[i];

		/* What a stack has, and had, is there twice. */
		if (i == 0 || b->stack != b[-1].stack ||
		    strcmp(b->prefix, b[-1].prefix) != 0)
			rc = add_stack(generator, fleet, b, config, text, err);
	}
	for (size_t i = 0; i < all.count; i++)
		free(all.items[i].prefix);
	free(all.items);
	return rc;
}
