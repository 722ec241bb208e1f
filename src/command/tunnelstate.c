/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/keyvalue.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "command/tunnelstate.h"
#include "runtime/atomic.h"
#include "runtime/cachefile.h"
#include "runtime/lock.h"
#include "runtime/paths.h"

enum { STATE_MAX = 16 * 1024, VERSION = 1, PID_MAX = 0x7fffffff };

void tunnelstate_release(struct tunnelstate *state)
{
	free(state->host);
	forwards_release(&state->forwards);
}

static char *state_path(int pid)
{
	return paths_run("tunnels/%d", pid);
}

static char *lock_path(int pid)
{
	return paths_run("tunnels/%d.lock", pid);
}

int tunnelstate_begin(struct error *err)
{
	char *path = lock_path((int)getpid());
	int lock = lock_take(path, deadline_in(0), err);

	free(path);
	return lock;
}

static void remove_files(int pid)
{
	char *state = state_path(pid);
	char *lock = lock_path(pid);

	(void)unlink(state);
	(void)unlink(lock);
	free(state);
	free(lock);
}

void tunnelstate_end(int lock)
{
	remove_files((int)getpid());
	lock_release(lock);
}

int tunnelstate_write(const struct tunnelstate *state, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *path = state_path((int)getpid());
	int rc;

	strbuf_addf(&text, "host = %s\nconnected = %s\nsince = %" PRId64 "\n",
	            state->host, state->connected ? "yes" : "no", state->since);
	for (size_t i = 0; i < state->forwards.locals.count; i++)
		strbuf_addf(&text, "local = %s\nremote = %s\n",
		            state->forwards.locals.items[i],
		            state->forwards.remotes.items[i]);
	rc = cachefile_write(path, VERSION, text.data, err);
	strbuf_release(&text);
	free(path);
	return rc;
}

static int take_line(const char *key, const char *value, void *cookie, struct error *err)
{
	struct tunnelstate *state = cookie;

	if (value == NULL)
		return 0;
	if (strcmp(key, "host") == 0 && state->host == NULL)
		state->host = xstrdup(value);
	else if (strcmp(key, "connected") == 0)
		state->connected = strcmp(value, "yes") == 0;
	else if (strcmp(key, "since") == 0)
		return parse_int(value, 0, INT64_MAX, &state->since, err);
	else if (strcmp(key, "local") == 0)
		strvec_push(&state->forwards.locals, value);
	else if (strcmp(key, "remote") == 0)
		strvec_push(&state->forwards.remotes, value);
	return 0;
}

/* A tunnel of cxssh 1.0.0, whose file has no version, may run still. */
static bool read_state(int pid, struct tunnelstate *state)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *path = state_path(pid);
	bool ok = atomic_read(path, STATE_MAX, &text, &ignored) == 1;
	char *rest = text.data;
	int version = cachefile_version(&rest);

	*state = (struct tunnelstate){ .pid = pid };
	ok = ok && (version == 0 || version == VERSION) &&
	     keyvalue_each(rest, strlen(rest), take_line, state, &ignored) == 0 &&
	     state->host != NULL &&
	     state->forwards.locals.count == state->forwards.remotes.count;
	if (!ok)
		tunnelstate_release(state);
	strbuf_release(&text);
	free(path);
	return ok;
}

/* Does the process that wrote the file still run? */
static bool runs(int pid)
{
	struct error ignored = ERROR_INIT;
	char *path = lock_path(pid);
	bool is_there = access(path, F_OK) == 0;
	int lock = is_there ? lock_take(path, deadline_in(0), &ignored) : -1;
	bool is_held = is_there && lock == -1 && ignored.code == ERROR_RETRY;

	lock_release(lock);
	free(path);
	return is_held;
}

size_t tunnelstate_list(struct tunnelstate **states)
{
	char *folder = paths_run("tunnels");
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	*states = NULL;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct error ignored = ERROR_INIT;
		int64_t pid;

		if (parse_int(entry->d_name, 1, PID_MAX, &pid, &ignored) == -1)
			continue;
		if (!runs((int)pid)) {
			remove_files((int)pid);
			continue;
		}
		*states = xgrow_array(*states, count, sizeof(**states));
		count += read_state((int)pid, &(*states)[count]);
	}
	if (dir != NULL)
		(void)closedir(dir);
	free(folder);
	return count;
}

int tunnelstate_stop(int pid, struct deadline until, struct error *err)
{
	char *path;
	int lock;

	if (!runs(pid))
		return 0;
	if (kill(pid, SIGTERM) == -1 && errno != ESRCH)
		return error_errno(err, ERROR_INTERNAL, "tunnel %d", pid);
	path = lock_path(pid);
	lock = lock_take(path, until, err);
	free(path);
	if (lock == -1)
		return -1;
	remove_files(pid);
	lock_release(lock);
	return 0;
}
