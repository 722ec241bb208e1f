/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "cloud66/api.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "keys/agentadd.h"
#include "keys/agentidentity.h"
#include "keys/identity.h"
#include "runtime/config.h"
#include "runtime/log.h"

/* How many servers of a stack are asked for.  The servers of a stack share their key, and
 * the API limits the calls of an hour. */
enum { SMALL_FLEET = 200, PROBES_SMALL = 10, PROBES_LARGE = 1, AGAIN_KEYLESS = 3 };

/* So many keys that cannot be fetched end the attempt: the API may be down. */
enum { FAILURES_MAX = 3 };

static size_t probes_per_stack(const struct fleet *fleet)
{
	return fleet_server_count(fleet) <= SMALL_FLEET ? PROBES_SMALL : PROBES_LARGE;
}

static bool has(const struct stack *s, enum key_source key)
{
	for (size_t k = 0; k < s->server_count; k++) {
		if (s->servers[k].key == key)
			return true;
	}
	return false;
}

/* The key of a server may have come since it was asked for: forget that it had none.
 * Where no server of a stack has a key, a few of them are asked for. */
static void forget_none(struct stack *s, size_t max)
{
	size_t left = has(s, KEY_FROM_API) ? max : AGAIN_KEYLESS;

	for (size_t k = 0; k < s->server_count && left > 0; k++) {
		if (s->servers[k].key == KEY_NONE) {
			s->servers[k].key = KEY_UNKNOWN;
			left--;
		}
	}
}

/* Some servers of every stack whose key is unknown; again: of those where no server has a
 * key.  One that is still being set up has none, and it may be the first.  The caller
 * frees *probes. */
static size_t choose_probes(const struct fleet *fleet, bool again, size_t per_stack,
                            struct api_key_probe **probes)
{
	size_t n = 0;

	*probes = xcalloc(fleet->stack_count * per_stack + 1, sizeof(**probes));
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];
		size_t left = again && has(s, KEY_FROM_API) ? 0 : per_stack;

		for (size_t k = 0; k < s->server_count && left > 0; k++) {
			if (s->servers[k].key != KEY_UNKNOWN)
				continue;
			(*probes)[n++] = (struct api_key_probe){
				.stack_uid = s->servers[k].stack_uid,
				.server_uid = s->servers[k].uid,
				.answer = -1,
			};
			left--;
		}
	}
	return n;
}

static void probe(struct api *api, struct fleet *fleet, bool again, size_t per_stack,
                  struct deadline until)
{
	struct api_key_probe *probes;
	size_t count = choose_probes(fleet, again, per_stack, &probes);

	if (count > 0)
		api_probe_keys(api, probes, count, until);
	for (size_t i = 0; i < count; i++) {
		struct server *s = fleet_server(fleet, probes[i].server_uid, NULL);

		if (s != NULL && probes[i].answer != -1)
			s->key = probes[i].answer == 1 ? KEY_FROM_API : KEY_NONE;
	}
	free(probes);
}

/* Set the servers that were not asked for: a stack has one key.  Where a server has none
 * after all, its first connection notes that (prepare/steps.c); the reverse error would
 * keep ssh from ever reading the key. */
static void spread_answers(struct stack *s, bool was_keyless)
{
	bool given = has(s, KEY_FROM_API);
	enum key_source other = given            ? KEY_FROM_API :
	                        has(s, KEY_NONE) ? KEY_NONE :
	                                           KEY_UNKNOWN;

	for (size_t k = 0; k < s->server_count; k++) {
		enum key_source *key = &s->servers[k].key;

		if (*key == KEY_UNKNOWN || (given && was_keyless))
			*key = other;
	}
}

void fleet_probe_keys(struct api *api, struct fleet *fleet, struct deadline until)
{
	size_t per_stack = probes_per_stack(fleet);
	bool *was_keyless = xcalloc(fleet->stack_count + 1, sizeof(*was_keyless));

	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		was_keyless[i] = has(s, KEY_NONE) && !has(s, KEY_FROM_API);
		forget_none(s, per_stack);
	}
	probe(api, fleet, false, per_stack, until);
	probe(api, fleet, true, per_stack, until);
	for (size_t i = 0; i < fleet->stack_count; i++)
		spread_answers(&fleet->stacks[i], was_keyless[i]);
	free(was_keyless);
}

static bool write_public_key(struct api *api, const struct server *server,
                             const char *identity, struct deadline until)
{
	struct error err = ERROR_INIT;
	struct identity_request wanted = { .identity = identity,
		                           .stack_uid = server->stack_uid,
		                           .server_uid = server->uid };

	if (agentadd_write_public(api, &wanted, until, &err) != IDENTITY_FAILED)
		return true;
	log_step("%s: %s", server->alias, err.text);
	return false;
}

static void remove_public_key(const char *identity)
{
	char *public = xasprintf("%s.pub", identity);

	agentidentity_remove_stale(public);
	free(public);
}

void fleet_update_public_keys(struct api *api, const struct fleet *fleet,
                              const struct config *config, struct deadline until)
{
	size_t failed = 0;

	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];
		struct strvec seen = STRVEC_INIT; /* the servers of a stack share a key */

		for (size_t k = 0; k < s->server_count; k++) {
			const struct server *server = &s->servers[k];
			char *identity = server_identity(server, config);

			if (server->key != KEY_FROM_API || strvec_has(&seen, identity)) {
				free(identity);
				continue;
			}
			strvec_push(&seen, identity);
			if (!config->keys_in_agent)
				remove_public_key(identity);
			else if (agentidentity_renewal(identity) == 0 &&
			         failed < FAILURES_MAX)
				failed += !write_public_key(api, server, identity, until);
			free(identity);
		}
		strvec_release(&seen);
	}
}

bool server_identity_is_ours(const struct server *server)
{
	return server->key != KEY_NONE;
}

char *server_identity(const struct server *server, const struct config *config)
{
	char *path;
	char *public;

	if (!server_identity_is_ours(server))
		return xstrdup_or_null(config->identity);
	path = identity_path(server->stack_uid, server->personal_key);
	if (!config->keys_in_agent)
		return path;
	public = xasprintf("%s.pub", path); /* see keys/agentidentity.h */
	free(path);
	return public;
}
