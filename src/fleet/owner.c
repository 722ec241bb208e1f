/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/keyvalue.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "cloud66/auth.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/log.h"
#include "runtime/paths.h"

enum { LENGTH_MAX = 1024, FORMAT_VERSION = 1 };

/* The content of the file. */
struct stored {
	int64_t version;
	char *profile;
};

static int on_line(const char *key, const char *value, void *cookie, struct error *err)
{
	struct stored *stored = cookie;

	if (value == NULL)
		return error_set(err, ERROR_CONFIG, "a line without \"=\"");
	if (strcmp(key, "version") == 0)
		return parse_int(value, 1, INT64_MAX, &stored->version, err);
	if (strcmp(key, "profile") == 0) {
		free(stored->profile);
		stored->profile = xstrdup(value);
	}
	return 0;
}

/* The stored profile, or NULL.  Before version 1 the file held the name alone, without a
 * newline. */
static char *read_profile(void)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct stored stored = { .version = 0 };
	char *path = paths_cache("profile");
	char *found = NULL;

	if (atomic_read(path, LENGTH_MAX, &text, &ignored) != 1 || text.len == 0)
		goto out;
	if (strchr(text.data, '\n') == NULL)
		found = strbuf_detach(&text);
	else if (keyvalue_each(text.data, text.len, on_line, &stored, &ignored) == 0 &&
	         stored.version == FORMAT_VERSION && stored.profile != NULL)
		found = xstrdup(stored.profile);
out:
	free(stored.profile);
	strbuf_release(&text);
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
	char *text = xasprintf("version = %d\nprofile = %s\n", FORMAT_VERSION, profile);
	int rc = paths_make_for(path, err);

	if (rc == 0)
		rc = atomic_update_cache(path, text, strlen(text), NULL, err);
	free(path);
	free(text);
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
