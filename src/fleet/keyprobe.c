/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/mem.h"
#include "cloud66/api.h"
#include "fleet/keyprobe.h"
#include "fleet/model.h"
#include "keys/identity.h"
#include "runtime/config.h"

/* How many servers of a stack are asked for.  The servers of a stack share their key, and
 * the API limits the calls of an hour. */
enum { SMALL_FLEET = 200, PROBES_SMALL = 10, PROBES_LARGE = 1 };

static size_t probes_per_stack(const struct fleet *fleet)
{
	size_t servers = 0;

	for (size_t i = 0; i < fleet->stack_count; i++)
		servers += fleet->stacks[i].server_count;
	return servers <= SMALL_FLEET ? PROBES_SMALL : PROBES_LARGE;
}

/* The first few servers of every stack whose key is unknown; the caller frees *probes. */
static size_t choose_probes(const struct fleet *fleet, struct api_key_probe **probes)
{
	size_t per_stack = probes_per_stack(fleet);
	size_t n = 0;

	*probes = xcalloc(fleet->stack_count * per_stack + 1, sizeof(**probes));
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *s = &fleet->stacks[i];

		for (size_t k = 0; k < s->server_count && k < per_stack; k++) {
			if (s->servers[k].key == KEY_UNKNOWN)
				(*probes)[n++] = (struct api_key_probe){
					.stack_uid = s->servers[k].stack_uid,
					.server_uid = s->servers[k].uid,
					.answer = -1,
				};
		}
	}
	return n;
}

/* Set the servers that were not asked for like the first one of their stack. */
static void spread_answers(struct fleet *fleet)
{
	size_t per_stack = probes_per_stack(fleet);

	for (size_t i = 0; i < fleet->stack_count; i++) {
		struct stack *s = &fleet->stacks[i];

		for (size_t k = per_stack; k < s->server_count; k++) {
			if (s->servers[k].key == KEY_UNKNOWN)
				s->servers[k].key = s->servers[0].key;
		}
	}
}

void fleet_probe_keys(struct api *api, struct fleet *fleet, struct deadline until)
{
	struct api_key_probe *probes;
	size_t count = choose_probes(fleet, &probes);

	if (count > 0)
		api_probe_keys(api, probes, count, until);
	for (size_t i = 0; i < count; i++) {
		struct server *s = fleet_server(fleet, probes[i].server_uid, NULL);

		if (s != NULL && probes[i].answer != -1)
			s->key = probes[i].answer == 1 ? KEY_FROM_API : KEY_NONE;
	}
	free(probes);
	spread_answers(fleet);
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
		return config->identity != NULL ? xstrdup(config->identity) : NULL;
	path = identity_path(server->stack_uid, server->personal_key);
	if (!config->keys_in_agent)
		return path;
	public = xasprintf("%s.pub", path); /* see keys/agentidentity.h */
	free(path);
	return public;
}
