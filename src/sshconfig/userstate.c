/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/keyvalue.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "runtime/cachefile.h"
#include "sshconfig/userstate.h"

enum { STATE_MAX = 4096, VERSION = 1 };

static int take_line(const char *key, const char *value, void *cookie, struct error *err)
{
	struct userstate *state = cookie;

	(void)err; /* keys of a newer cxssh are skipped */
	if (value == NULL)
		return 0;
	if (strcmp(key, "include") == 0) {
		state->added = strcmp(value, "added") == 0;
		state->declined = strcmp(value, "declined") == 0;
	}
	if (strcmp(key, "last") == 0) {
		state->last_added = strcmp(value, "added") == 0;
		state->last_declined = strcmp(value, "declined") == 0;
	}
	if (strcmp(key, "file") == 0)
		state->created = strcmp(value, "created") == 0;
	return 0;
}

int userstate_read(const char *path, struct userstate *state, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = atomic_read(path, STATE_MAX, &text, err);
	char *rest = text.data;
	int version = cachefile_version(&rest);

	*state = (struct userstate){ .added = false };
	if (rc == 1 && version != 0 && version != VERSION)
		rc = error_set(err, ERROR_CONFIG,
		               "%s is of a newer version of cxssh: install that one, or "
		               "move the file away",
		               path);
	else if (rc == 1 &&
	         keyvalue_each(rest, strlen(rest), take_line, state, err) == -1)
		rc = error_prefix(err, "%s", path);
	strbuf_release(&text);
	return rc == -1 ? -1 : 0;
}

int userstate_write(const char *path, const struct userstate *state, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	size_t empty;
	int rc = 0;

	cachefile_begin(&text, VERSION);
	empty = text.len;
	if (state->added || state->declined)
		strbuf_addf(&text, "include = %s\n", state->added ? "added" : "declined");
	if (state->last_added || state->last_declined)
		strbuf_addf(&text, "last = %s\n",
		            state->last_added ? "added" : "declined");
	if (state->created)
		strbuf_adds(&text, "file = created\n");
	if (text.len == empty && unlink(path) == -1 && errno != ENOENT)
		rc = error_errno(err, ERROR_CONFIG, "cannot remove %s", path);
	if (text.len > empty)
		rc = atomic_update(path, text.data, text.len, 0600, NULL, err);
	strbuf_release(&text);
	return rc;
}
