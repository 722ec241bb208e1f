/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloud66/api.h"
#include "cloud66/profile.h"
#include "fleet/inventory.h"
#include "fleet/knownuids.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "runtime/config.h"
#include "runtime/paths.h"

void knownuids_release(struct knownuids *known)
{
	strvec_release(&known->stacks);
	strvec_release(&known->servers);
}

static void add_lower(struct strvec *list, const char *uid)
{
	char *lower = mem_lower(xstrdup(uid));

	strvec_push(list, lower);
	free(lower);
}

static void add_fleet(struct knownuids *known, const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->stack_count; i++) {
		const struct stack *stack = &fleet->stacks[i];

		strvec_push(&known->stacks, stack->uid);
		for (size_t k = 0; k < stack->server_count; k++)
			add_lower(&known->servers, stack->servers[k].uid);
	}
	for (size_t i = 0; i < fleet->other_count; i++)
		strvec_push(&known->stacks, fleet->others[i].uid);
	known->incomplete = known->incomplete || fleet->warnings.count > 0;
	strvec_sort(&known->stacks);
	strvec_sort(&known->servers);
}

/* Is there a token for the profile? */
static bool is_logged_in(const char *folder, const char *name)
{
	struct profile profile = PROFILE_INIT;
	struct error ignored = ERROR_INIT;
	bool is = false;

	if (profile_load(&profile, folder, name, &ignored) != -1) {
		char *path = xasprintf("%s/%s", folder, profile.token_file);

		is = access(path, F_OK) == 0;
		free(path);
	}
	profile_release(&profile);
	return is;
}

/* Add all that one login sees. */
static int ask(const struct config *config, struct knownuids *known,
               struct deadline until, struct error *err)
{
	const struct strvec all = STRVEC_INIT;
	struct fleet fleet = FLEET_INIT;
	struct api *api = api_session(config, until, err);
	int rc = -1;

	if (api != NULL)
		rc = inventory_fetch(api, &all, NULL, &fleet, until, err);
	if (rc != -1)
		add_fleet(known, &fleet);
	fleet_release(&fleet);
	api_free(api);
	return rc == -1 ? -1 : 0;
}

int knownuids_ask(const struct config *config, struct knownuids *known,
                  struct deadline until, struct error *err)
{
	char *folder = paths_in_home(".cloud66");
	struct strvec names = STRVEC_INIT;
	char *last = NULL;
	int rc = profile_names(folder, &names, &last, err);

	*known = (struct knownuids){ .incomplete = false };
	if (rc == 0)
		rc = ask(config, known, until, err);
	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		struct config other = *config; /* which owns nothing of its own */

		other.profile = names.items[i];
		other.org = NULL;
		if (is_logged_in(folder, names.items[i]))
			rc = ask(&other, known, until, err);
		if (rc == -1)
			error_prefix(err, "profile %s", names.items[i]);
	}
	strvec_release(&names);
	free(last);
	free(folder);
	return rc;
}

bool knownuids_of(const struct fleet *fleet, struct knownuids *known)
{
	char *folder = paths_in_home(".cloud66");
	struct error ignored = ERROR_INIT;
	struct strvec names = STRVEC_INIT;
	char *last = NULL;
	bool alone = profile_names(folder, &names, &last, &ignored) == 0 &&
	             names.count == 1 && fleet->org == NULL;

	*known = (struct knownuids){ .incomplete = false };
	if (alone)
		add_fleet(known, fleet);
	strvec_release(&names);
	free(last);
	free(folder);
	return alone;
}
