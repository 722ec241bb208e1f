/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

#include "base/deadline.h"
#include "base/error.h"
#include "cloud66/api.h"
#include "command/syncquiet.h"
#include "fleet/alias.h"
#include "fleet/changes.h"
#include "fleet/host.h"
#include "fleet/inventory.h"
#include "fleet/missing.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "fleet/store.h"
#include "route/autosync.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "sshconfig/write.h"

/* Others wait for the inventory lock meanwhile. */
enum { QUIET_MS = 20000, LOCK_MS = 10000 };

static int write_all(const struct fleet *fleet, const struct config *config,
                     struct error *err)
{
	bool changed;

	if (fleet_store(fleet, config, err) == -1 ||
	    sshconfig_write(fleet, config, &changed, err) == -1 ||
	    autosync_plan(config->sync_age, err) == -1)
		return -1;
	changes_accepted();
	log_step("ssh_config: %s", changed ? "written anew" : "nothing new");
	return 0;
}

/* An answer of the API that takes much away waits for a user. */
static int check_changes(const struct fleet *before, const struct fleet *fleet,
                         const struct config *config, struct error *err)
{
	struct changes changes = CHANGES_INIT;
	struct host any = { .server = NULL };
	int rc = 0;

	if (sync_login_is_stored(config))
		changes_between(before, fleet, &changes);
	if (changes_are_many(&changes) ||
	    (changes.before > 0 && !fleet_next_host(fleet, &any)))
		rc = changes_refuse(&changes, "cxssh sync", err);
	changes_release(&changes);
	return rc;
}

/* No name is taken away: a list that is cut short looks the same. */
static int keep_missing(struct fleet *before, struct fleet *fleet,
                        const struct config *config, struct error *err)
{
	size_t kept = sync_login_is_stored(config) ? missing_keep(fleet, before) : 0;

	if (kept == 0)
		return 0;
	log_step("%zu servers that the API names no more are kept until the next cxssh "
	         "sync of a user",
	         kept);
	return fleet_assign_aliases(fleet, false, err);
}

static int fetch_and_write(const struct config *config, int64_t since_ms,
                           struct error *err)
{
	struct deadline until = deadline_in(QUIET_MS);
	struct fleet before = FLEET_INIT;
	struct fleet fleet = FLEET_INIT;
	struct fleet_query query = { .config = config, .before = &before };
	struct api *api = NULL;
	int rc = -1;

	if (fleet_reuse(config, since_ms, &fleet) ||
	    ((api = api_session(config, until, err)) != NULL &&
	     fleet_fetch(api, &query, &fleet, until, err) == 0 &&
	     check_changes(&before, &fleet, config, err) == 0 &&
	     keep_missing(&before, &fleet, config, err) == 0))
		rc = write_all(&fleet, config, err);
	fleet_release(&before);
	fleet_release(&fleet);
	api_free(api);
	return rc;
}

/* Does nothing before the first sync and after --remove.  That is looked at with the
 * lock, which --remove takes, too. */
static int run(const struct config *config, bool may_wait, struct error *err)
{
	int64_t began_ms = deadline_wall_ms();
	int lock = -1;
	int rc = 0;

	if (sshconfig_is_written())
		rc = lock = inventory_lock(deadline_in(LOCK_MS), err);
	if (lock != -1 && sshconfig_is_written() && (!may_wait || autosync_may_run()))
		rc = fetch_and_write(config, began_ms, err);
	lock_release(lock);
	return rc == -1 ? -1 : 0;
}

int syncquiet_run(const struct config *config)
{
	struct error err = ERROR_INIT;
	int rc = config->auto_sync ? run(config, true, &err) : autosync_plan(-1, &err);

	if (rc == -1)
		log_step("sync in the background: %s", err.text);
	return rc == -1 ? error_exit_status(err.code) : 0;
}

int syncquiet_new_name(const char *alias, const struct config *config, struct error *err)
{
	if (config->auto_sync)
		return run(config, false, err);
	if (!sshconfig_is_written())
		return 0;
	return error_set(err, ERROR_CONFIG,
	                 "%s has no block in ssh_config yet; run: cxssh sync", alias);
}
