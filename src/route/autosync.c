/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "route/autosync.h"
#include "route/recent.h"
#include "runtime/atomic.h"
#include "runtime/cachefile.h"
#include "runtime/config.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

enum { PAUSE_S = 60, HOUR_S = 3600, HOUR_MAX = 10, FILE_MAX = 4096, VERSION = 1 };

int autosync_plan(int64_t age, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("autosync");
	int rc = 0;

	cachefile_begin(&text, VERSION);
	strbuf_addf(&text, "%" PRId64, age);
	if (age < 0 && unlink(path) == -1 && errno != ENOENT)
		rc = error_errno(err, ERROR_CONFIG, "%s", path);
	/* Written anew each time: its age says which configuration it is of. */
	if (age >= 0 && (rc = paths_make_for(path, err)) == 0)
		rc = atomic_write(path, text.data, text.len, 0600, err);
	strbuf_release(&text);
	free(path);
	return rc;
}

/* The age that the file has; false without a file.  One that is of another version, or
 * broken, says -1: a sync is due, which writes it anew. */
static bool read_age(const char *path, int64_t *age)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	int rc = cachefile_read(path, VERSION, FILE_MAX, &text);

	if (rc != 1 || parse_int(text.data, 0, INT64_MAX, age, &ignored) == -1)
		*age = -1;
	strbuf_release(&text);
	return rc != 0;
}

/* The age of the inventory, in seconds; -1: not known. */
static int64_t inventory_age(void)
{
	char *path = paths_cache("inventory.json");
	int64_t age = fd_age_s(path);

	free(path);
	return age;
}

bool autosync_is_fresh(int64_t seconds)
{
	int64_t age = inventory_age();

	return age >= 0 && age <= seconds;
}

/* Has the configuration changed since the file at path was written? */
static bool is_reconfigured(const char *path)
{
	char *config = config_path();
	struct stat written;
	struct stat st;
	bool changed = stat(path, &written) == 0 && stat(config, &st) == 0 &&
	               fd_mtime_ns(&st) > fd_mtime_ns(&written);

	free(config);
	return changed;
}

/* Was the mark at path set within the last minute?  It is afterwards. */
static bool is_marked(const char *path)
{
	struct error ignored = ERROR_INIT;
	int64_t age = fd_age_s(path);

	if (age >= 0 && age < PAUSE_S)
		return true;
	(void)unlink(path);
	(void)atomic_update_cache(path, "", 0, NULL, &ignored);
	return false;
}

static void start(void)
{
	struct error err = ERROR_INIT;
	struct child child = CHILD_INIT;
	struct strvec argv = STRVEC_INIT;
	char *program = paths_program("cxssh");

	strvec_push(&argv, program);
	strvec_push(&argv, "sync");
	strvec_push(&argv, "--quiet");
	if (spawn_start_full_env(argv.items, &child, &err) == 0)
		spawn_detach(&child);
	else
		log_step("no sync in the background: %s", err.text);
	strvec_release(&argv);
	free(program);
}

void autosync_on_connect(bool is_new)
{
	char *path = paths_cache("autosync");
	char *mark = paths_cache("autosync-started");
	int64_t age;

	if (read_age(path, &age) &&
	    (is_new || inventory_age() > age || is_reconfigured(path)) &&
	    !is_marked(mark)) {
		log_step("started cxssh sync --quiet");
		start();
	}
	free(path);
	free(mark);
}

bool autosync_may_run(void)
{
	char *path = paths_cache("autosync-times");
	struct error ignored = ERROR_INIT;
	struct strvec hour = STRVEC_INIT;
	struct strvec pause = STRVEC_INIT;
	bool may;

	recent_read(path, HOUR_S, NULL, &hour);
	recent_read(path, PAUSE_S, NULL, &pause);
	may = hour.count < HOUR_MAX && pause.count == 0;
	if (may && paths_make_for(path, &ignored) == 0)
		(void)recent_write(path, &hour, NULL, &ignored);
	strvec_release(&hour);
	strvec_release(&pause);
	free(path);
	return may;
}
