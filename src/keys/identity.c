/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "keys/identity.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/tmpsweep.h"

char *identity_path(const char *stack_uid, bool personal)
{
	return paths_ssh("cx_%s%s", stack_uid, personal ? "_pkey" : "");
}

bool identity_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* A process that was killed here has left a private key under another name. */
static void sweep(void)
{
	char *folder = paths_ssh(".");

	tmpfile_sweep(folder);
	free(folder);
}

/* The rule is sshkey_perm_ok()'s: files of other users are not looked at. */
int identity_check(const char *path, struct error *err)
{
	struct stat st;
	char *shown;

	if (stat(path, &st) == -1 || st.st_uid != getuid() || (st.st_mode & 077) == 0)
		return 0;
	shown = paths_shorten(path);
	error_set(err, ERROR_CONFIG, "the key %s can be read or changed by others",
	          shown);
	error_hint(err, "chmod 600 %s", shown);
	free(shown);
	return -1;
}

static int download(struct api *api, const char *stack_uid, const char *server_uid,
                    const char *path, struct deadline until, struct error *err)
{
	struct strbuf key = STRBUF_SECRET;
	char *shown = paths_shorten(path);
	int rc = api_server_key(api, stack_uid, server_uid, &key, until, err);

	sweep();
	if (rc == 1) {
		rc = -1;
		if (paths_make_for(path, err) == 0 &&
		    atomic_write(path, key.data, key.len, 0600, err) == 0)
			rc = 1;
	}
	if (rc == 1)
		log_step("key downloaded to %s", shown);
	else if (rc == -1)
		error_prefix(err, "ssh key");
	strbuf_release(&key);
	free(shown);
	return rc;
}

int identity_lock(const char *stack_uid, struct deadline until, struct error *err)
{
	char *path = paths_ssh("cxssh/key-%s.lock", stack_uid);
	int lock = lock_take_to_read(path, until, err);

	free(path);
	return lock;
}

int identity_fetch(struct api *api, const char *stack_uid, const char *server_uid,
                   const char *path, bool again, struct deadline until, struct error *err)
{
	int lock = identity_lock(stack_uid, until, err);
	int rc = -1;

	if (lock != -1)
		rc = !again && identity_exists(path) ?
		             1 :
		             download(api, stack_uid, server_uid, path, until, err);
	lock_release(lock);
	return rc;
}
