/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/keyvalue.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "cloud66/auth.h"
#include "fleet/host.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "runtime/atomic.h"
#include "runtime/cachefile.h"
#include "runtime/config.h"
#include "runtime/log.h"
#include "runtime/paths.h"

enum { LENGTH_MAX = 1024, VERSION = 1 };

static void set(char **where, const char *value)
{
	free(*where);
	*where = xstrdup(value);
}

static int on_line(const char *key, const char *value, void *cookie, struct error *err)
{
	struct login *stored = cookie;

	if (value == NULL)
		return error_set(err, ERROR_CONFIG, "a line without \"=\"");
	if (strcmp(key, "profile") == 0)
		set(&stored->profile, value);
	else if (strcmp(key, "org") == 0)
		set(&stored->org, value);
	return 0;
}

void sync_login_release(struct login *login)
{
	free(login->profile);
	free(login->org);
	*login = (struct login){ .profile = NULL };
}

/* The stored login, empty where there is none.  Before version 1 the file held the
 * profile's name alone, without a newline. */
static void read_stored(struct login *login)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("profile");
	char *rest;
	int version;

	*login = (struct login){ .profile = NULL };
	if (atomic_read(path, LENGTH_MAX, &text, &ignored) != 1)
		goto out;
	rest = text.data;
	version = cachefile_version(&rest);
	if (version == 0 && text.len > 0 && strchr(rest, '\n') == NULL)
		set(&login->profile, rest);
	else if (version != VERSION ||
	         keyvalue_each(rest, strlen(rest), on_line, login, &ignored) == -1)
		sync_login_release(login);
out:
	strbuf_release(&text);
	free(path);
}

void sync_login_get(const struct config *config, struct login *login)
{
	read_stored(login);
	if (config->profile != NULL &&
	    (login->profile == NULL || strcmp(login->profile, config->profile) != 0)) {
		sync_login_release(login);
		login->profile = xstrdup(config->profile);
	}
	if (config->org != NULL)
		set(&login->org, config->org);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool sync_login_is_stored(const struct config *config)
{
	struct login stored;
	struct login used;
	bool is;

	if (config->profile == NULL && config->org == NULL)
		return true;
	read_stored(&stored);
	sync_login_get(config, &used);
	is = same(stored.profile, used.profile) && same(stored.org, used.org);
	sync_login_release(&stored);
	sync_login_release(&used);
	return is;
}

int sync_login_store(const char *profile, const char *org, struct error *err)
{
	char *path = paths_cache("profile");
	char *text =
		xasprintf("profile = %s\n%s%s%s", profile, org != NULL ? "org = " : "",
	                  org != NULL ? org : "", org != NULL ? "\n" : "");
	int rc = cachefile_write(path, VERSION, text, err);

	free(path);
	free(text);
	return rc;
}

bool sync_login_may_replace(const struct fleet *fleet)
{
	struct host first = { .server = NULL };
	struct login stored;
	bool may;

	read_stored(&stored);
	may = (stored.profile == NULL || (strcmp(stored.profile, fleet->profile) == 0 &&
	                                  same(stored.org, fleet->org))) &&
	      fleet_next_host(fleet, &first);
	if (!may)
		log_step("the inventory is not replaced: the answer is empty, or of "
		         "another login");
	sync_login_release(&stored);
	return may;
}

void sync_login_print(const struct config *config, const char *profile)
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

struct api *api_session(const struct config *config, struct deadline until,
                        struct error *err)
{
	return api_session_with_token(config, NULL, until, err);
}

struct api *api_session_with_token(const struct config *config, const char *token,
                                   struct deadline until, struct error *err)
{
	struct api_config settings = {
		.any_family = strcmp(config->from_ip, "AUTO") != 0,
		.token = token,
	};
	struct login login;
	struct api *api;

	sync_login_get(config, &login);
	settings.profile = login.profile;
	settings.org = login.org;
	api = api_open(&settings, until, err);
	sync_login_release(&login);
	return api;
}
