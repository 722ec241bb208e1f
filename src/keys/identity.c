/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cloud66/api.h"
#include "keys/identity.h"
#include "keys/keyfile.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"
#include "runtime/tmpsweep.h"

char *identity_path(const char *stack_uid, bool personal)
{
	return paths_ssh("cx_%s%s", stack_uid, personal ? "_pkey" : "");
}

/* As sshkey_perm_ok() of OpenSSH, which does not look at files of other users. */
bool identity_is_there(const char *path)
{
	char *public = xasprintf("%s.pub", path);
	bool is_there = access(path, F_OK) == 0 || access(public, F_OK) == 0;

	free(public);
	return is_there;
}

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

enum identity_result identity_download(struct api *api, const char *stack_uid,
                                       const char *server_uid, struct strbuf *key,
                                       struct deadline until, struct error *err)
{
	struct strbuf raw = STRBUF_SECRET;
	int rc = api_server_key(api, stack_uid, server_uid, &raw, until, err);

	if (rc == 1 && !keyfile_normalise(raw.data, key))
		rc = error_set(err, ERROR_CONFIG,
		               "what the API gives for the server is not a private key");
	if (rc == -1)
		error_prefix(err, "ssh key");
	strbuf_release(&raw);
	return (enum identity_result)rc;
}

/* Remove private keys that a killed process left under temporary names. */
static void sweep(void)
{
	char *folder = paths_ssh(".");

	tmpfile_sweep(folder);
	free(folder);
}

static enum identity_result fetch(struct api *api, const struct identity_request *wanted,
                                  struct deadline until, struct error *err)
{
	const char *path = wanted->identity;
	struct strbuf key = STRBUF_SECRET;
	char *shown = paths_shorten(path);
	int rc = identity_download(api, wanted->stack_uid, wanted->server_uid, &key,
	                           until, err);

	sweep();
	if (rc == IDENTITY_READY &&
	    (paths_make_for(path, err) == -1 ||
	     atomic_write(path, key.data, key.len, 0600, err) == -1))
		rc = error_prefix(err, "ssh key");
	if (rc == IDENTITY_READY)
		log_step("key downloaded to %s", shown);
	strbuf_release(&key);
	free(shown);
	return (enum identity_result)rc;
}

int identity_lock(const char *stack_uid, struct deadline until, struct error *err)
{
	char *path = paths_ssh("cxssh/key-%s.lock", stack_uid);
	int lock = lock_take_to_read(path, until, err);

	free(path);
	return lock;
}

enum identity_result identity_fetch(struct api *api,
                                    const struct identity_request *wanted,
                                    struct deadline until, struct error *err)
{
	int lock = identity_lock(wanted->stack_uid, until, err);
	enum identity_result rc = IDENTITY_FAILED;

	if (lock != -1)
		rc = !wanted->again && keyfile_is_usable(wanted->identity) ?
		             IDENTITY_READY :
		             fetch(api, wanted, until, err);
	lock_release(lock);
	return rc;
}
