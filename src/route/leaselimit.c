/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/error.h"
#include "base/strvec.h"
#include "route/leaselimit.h"
#include "route/recent.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/paths.h"

enum { MINUTE_S = 60 };

static int count_one(const char *path, const char *uid, int64_t most, struct error *err)
{
	struct strvec others = STRVEC_INIT;
	struct error ignored = ERROR_INIT;
	int rc;

	recent_read(path, MINUTE_S, uid, &others);
	if ((int64_t)others.count >= most) {
		error_set(err, ERROR_RETRY,
		          "leases-per-minute allows %zu to programs without a terminal",
		          others.count);
		rc = error_hint(err, "cxssh prepare HOST");
	} else {
		/* On a full disk a server is reached nevertheless. */
		(void)recent_write(path, &others, uid, &ignored);
		rc = 0;
	}
	strvec_release(&others);
	return rc;
}

int leaselimit_take(const struct config *config, const char *uid, struct deadline until,
                    struct error *err)
{
	char *path;
	char *lock_path;
	int lock;
	int rc = -1;

	if (config->leases_per_minute == 0)
		return 0;
	path = paths_cache("lease-times");
	lock_path = paths_cache("lock/lease-times");
	lock = lock_take(lock_path, until, err);
	if (lock != -1)
		rc = count_one(path, uid, config->leases_per_minute, err);
	lock_release(lock);
	free(path);
	free(lock_path);
	return rc;
}
