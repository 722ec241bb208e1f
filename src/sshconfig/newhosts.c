/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "fleet/host.h"
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

/* A server with the login that most have. */
static const struct server *usual_server(const struct stack *stack)
{
	const struct server *best = &stack->servers[0];
	size_t most = 0;

	for (size_t i = 0; i < stack->server_count && i < LOGINS_MAX; i++) {
		size_t count = 0;

		for (size_t k = 0; k < stack->server_count; k++)
			count += same_login(&stack->servers[i], &stack->servers[k]);
		if (count > most) {
			most = count;
			best = &stack->servers[i];
		}
	}
	return best;
}

/*
 * The names that begin so and have a block of their own, which shall stay as it is and
 * cost no exec.  First comes the prefix, which no name of the stack is: ssh wants one.
 */
static void list_known(const struct fleet *fleet, const char *prefix, struct strbuf *out)
{
	size_t len = strlen(prefix);

	strbuf_adds(out, prefix);
	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);) {
		const char *const aliases[] = { host_alias(&h), host_second_alias(&h) };

		for (size_t i = 0; i < 2 && aliases[i] != NULL; i++) {
			if (strncmp(aliases[i], prefix, len) == 0 &&
			    aliases[i][len] == '-' &&
			    out->len + strlen(aliases[i]) < KNOWN_MAX)
				strbuf_addf(out, ",%s", aliases[i]);
		}
	}
}

/* A prefix of a stack. */
struct beginning {
	const struct stack *stack;
	const char *prefix;
};

static int add_stack(struct generator *generator, const struct fleet *fleet,
                     const struct beginning *beginning, const struct config *config,
                     struct strbuf *text, struct error *err)
{
	const struct stack *stack = beginning->stack;
	const struct server *usual = usual_server(stack);
	char *identity = server_identity(usual, config);
	bool agent = config->keys_in_agent && server_identity_is_ours(usual);
	bool named = !agent || agentidentity_renewal(identity) != 0;
	struct strbuf known = STRBUF_INIT;
	int rc;

	list_known(fleet, beginning->prefix, &known);
	rc = generate_add(generator,
	                  &(struct generate_host){ .prefix = beginning->prefix,
	                                           .known = known.data,
	                                           .user = usual->user,
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

int newhosts_add(struct generator *generator, const struct fleet *fleet,
                 const struct config *config, struct strbuf *text, struct error *err)
{
	struct beginning *sorted = xcalloc(2 * fleet->stack_count + 1, sizeof(*sorted));
	size_t count = 0;
	int rc = 0;

	for (size_t i = 0; i < 2 * fleet->stack_count && config->auto_sync; i++) {
		const struct stack *stack = &fleet->stacks[i / 2];
		const char *prefix = i % 2 == 0 ? stack->prefix : stack->second_prefix;

		if (stack->server_count > 0 && prefix != NULL && valid_alias(prefix))
			sorted[count++] = (struct beginning){ stack, prefix };
	}
	if (count > 0)
		qsort(sorted, count, sizeof(*sorted), by_length);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = add_stack(generator, fleet, &sorted[i], config, text, err);
	free(sorted);
	return rc;
}
