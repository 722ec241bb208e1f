/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "route/leaselimit.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/paths.h"

enum { MINUTE_S = 60, FILE_MAX = 1024 * 1024 };

/* Push "TIME:UID" of the last minute, but none of uid; a file that cannot be read has
 * none. */
static void read_times(const char *path, const char *uid, int64_t now,
                       struct strvec *times)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct strvec all = STRVEC_INIT;
	int64_t at;

	if (atomic_read(path, FILE_MAX, &text, &ignored) == 1)
		strvec_split(&all, text.data);
	for (size_t i = 0; i < all.count; i++) {
		char *word = all.items[i];
		char *time = xstrndup(word, strcspn(word, ":"));
		const char *of = word + strlen(time);

		if (*of == ':' && strcmp(of + 1, uid) != 0 &&
		    parse_int(time, 0, now, &at, &ignored) == 0 && now - at < MINUTE_S)
			strvec_push(times, word);
		free(time);
	}
	strvec_release(&all);
	strbuf_release(&text);
}

static int count_one(const char *path, const char *uid, int64_t most, struct error *err)
{
	int64_t now = (int64_t)time(NULL);
	struct strvec times = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT;
	int rc;

	read_times(path, uid, now, &times);
	if ((int64_t)times.count >= most) {
		error_set(err, ERROR_RETRY,
		          "leases-per-minute allows %zu to programs without a terminal",
		          times.count);
		rc = error_hint(err, "cxssh prepare HOST");
	} else {
		strvec_pushf(&times, "%" PRId64 ":%s", now, uid);
		strvec_join(&times, " ", &text);
		rc = atomic_update_cache(path, text.data, text.len, NULL, err);
	}
	strvec_release(&times);
	strbuf_release(&text);
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
