/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/auth.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/log.h"
#include "runtime/paths.h"

enum { LENGTH_MAX = 1024 };

/* The stored profile, or NULL. */
static char *read_profile(void)
{
	struct error ignored = ERROR_INIT;
	struct strbuf name = STRBUF_INIT;
	char *path = paths_cache("profile");
	char *found = NULL;

	if (atomic_read(path, LENGTH_MAX, &name, &ignored) == 1 && name.len > 0)
		found = strbuf_detach(&name);
	strbuf_release(&name);
	free(path);
	return found;
}

char *sync_profile_get(const struct config *config)
{
	return config->profile != NULL ? xstrdup(config->profile) : read_profile();
}

int sync_profile_store(const char *profile, struct error *err)
{
	char *path = paths_cache("profile");
	int rc = paths_make_for(path, err);

	if (rc == 0)
		rc = atomic_update_cache(path, profile, strlen(profile), NULL, err);
	free(path);
	return rc;
}

bool sync_profile_may_replace(const struct fleet *fleet)
{
	char *name = read_profile();
	struct host first = { .server = NULL };
	bool may = (name == NULL || strcmp(name, fleet->profile) == 0) &&
	           fleet_next_host(fleet, &first);

	if (!may)
		log_step("the inventory is not replaced: the answer is empty, or of "
		         "another profile");
	free(name);
	return may;
}

void sync_profile_log(const struct config *config, const char *profile)
{
	char *last = config->profile == NULL ? auth_last_profile() : NULL;
	char used[64];
	char other[64];

	if (last != NULL && strcmp(last, profile) != 0)
		(void)printf("this is profile %s, as at the last sync; the toolbelt's "
		             "last one is %s: for that, add --profile %s\n",
		             printable_text(profile, used, sizeof(used)),
		             printable_text(last, other, sizeof(other)), other);
	free(last);
}
