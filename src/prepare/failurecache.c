/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/keyvalue.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "prepare/failurecache.h"
#include "runtime/cachefile.h"
#include "runtime/paths.h"

enum {
	FILE_MAX = 4096,
	VERSION = 1,
	CROWD_MS = 3000, /* how long a failure that was shared is shared on */
	TIME_MS =
		1000, /* with more than this left, what took another too long is tried */
};

struct failure {
	int64_t at_ms;
	int64_t status;
	int64_t crowd; /* 1: a process has shared it */
	int64_t late;  /* 1: it ran out of time */
	char text[sizeof(((struct error *)0)->text)];
};

static int on_line(const char *key, const char *value, void *cookie, struct error *err)
{
	struct failure *f = cookie;

	if (value == NULL)
		return error_set(err, ERROR_CONFIG, "not a failure");
	if (strcmp(key, "at") == 0)
		return parse_int(value, 0, INT64_MAX, &f->at_ms, err);
	if (strcmp(key, "status") == 0)
		return parse_int(value, 1, 255, &f->status, err);
	if (strcmp(key, "crowd") == 0)
		return parse_int(value, 0, 1, &f->crowd, err);
	if (strcmp(key, "late") == 0)
		return parse_int(value, 0, 1, &f->late, err);
	if (strcmp(key, "text") == 0 && strlen(value) < sizeof(f->text))
		memcpy(f->text, value, strlen(value) + 1);
	return 0;
}

static void keep(const char *target, const struct failure *f)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("failed/%s", target);

	strbuf_addf(&text,
	            "at=%" PRId64 "\nstatus=%" PRId64 "\ncrowd=%" PRId64 "\nlate=%" PRId64
	            "\ntext=%s\n",
	            f->at_ms, f->status, f->crowd, f->late, f->text);
	(void)cachefile_write(path, VERSION, text.data, &ignored);
	strbuf_release(&text);
	free(path);
}

static bool recall(const char *target, struct failure *f)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *path = paths_cache("failed/%s", target);
	bool is = cachefile_read(path, VERSION, FILE_MAX, &text) == 1 &&
	          keyvalue_each(text.data, text.len, on_line, f, &ignored) == 0 &&
	          f->at_ms <= deadline_wall_ms() && f->text[0] != '\0';

	strbuf_release(&text);
	free(path);
	return is;
}

bool failcache_get(const char *target, int64_t began_ms, struct deadline until,
                   struct error *err)
{
	struct failure f = { .at_ms = 0 };
	enum error_code code;
	bool waited;

	if (!recall(target, &f) || (f.late != 0 && deadline_left(until) > TIME_MS))
		return false;
	code = error_from_status((int)f.status);
	waited = f.at_ms >= began_ms;
	if (!waited &&
	    (f.crowd == 0 || code == ERROR_CONFIG || began_ms - f.at_ms >= CROWD_MS))
		return false;
	if (f.crowd == 0) {
		f.crowd = 1;
		keep(target, &f);
	}
	error_set(err, code, "%s", f.text);
	return true;
}

void failcache_put(const char *target, const struct error *err, struct deadline until)
{
	struct failure f = { .at_ms = deadline_wall_ms(),
		             .late = deadline_passed(until),
		             .status = error_exit_status(err->code) };

	memcpy(f.text, err->text, strlen(err->text) + 1);
	keep(target, &f);
}
