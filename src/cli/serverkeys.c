/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "cli/serverkeys.h"
#include "fleet/knownuids.h"
#include "keys/agentadd.h"
#include "keys/identity.h"
#include "runtime/paths.h"

enum { AGENT_MS = 2000, UID_LENGTH = 32 };

int serverkeys_remove(const char *path, struct error *err)
{
	char *public = xasprintf("%s.pub", path);
	enum agentadd_removal rc = agentadd_remove(public, deadline_in(AGENT_MS), err);

	if (rc == AGENTADD_REMOVED)
		(void)printf("removed %s and its key in ssh-agent\n", public);
	else if (rc == AGENTADD_FILE_ONLY)
		(void)printf("removed %s; no ssh-agent gave up a key: one that is "
		             "locked, or "
		             "not reached from here, keeps it until its time is over\n",
		             public);
	free(public);
	if (rc == AGENTADD_FAILED)
		return -1;
	if (unlink(path) == 0)
		(void)printf("removed %s\n", path);
	else if (errno != ENOENT)
		return error_errno(err, ERROR_CONFIG, "%s", path);
	return 0;
}

/* The stack's uid in "cx_UID[_pkey][.pub]", which the caller frees; NULL: another file's
 * name.  A user may have a key of a similar name. */
static char *uid_of(const char *name, bool *personal)
{
	size_t len;

	if (strncmp(name, "cx_", 3) != 0)
		return NULL;
	name += 3;
	len = strspn(name, "0123456789abcdef");
	if (len != UID_LENGTH)
		return NULL;
	*personal = strncmp(name + len, "_pkey", 5) == 0;
	if (strcmp(name + len + (*personal ? 5 : 0), "") != 0 &&
	    strcmp(name + len + (*personal ? 5 : 0), ".pub") != 0)
		return NULL;
	return xstrndup(name, len);
}

void serverkeys_list(const struct knownuids *known, struct strvec *paths)
{
	char *folder = paths_ssh(".");
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		bool personal;
		char *uid = uid_of(entry->d_name, &personal);
		char *path = uid != NULL ? identity_path(uid, personal) : NULL;

		if (uid != NULL && !strvec_has(paths, path) &&
		    (known == NULL || !strvec_has_sorted(&known->stacks, uid)))
			strvec_push(paths, path);
		free(path);
		free(uid);
	}
	if (dir != NULL)
		(void)closedir(dir);
	strvec_sort(paths);
	free(folder);
}

void serverkeys_print_stale(const struct fleet *fleet)
{
	struct knownuids known;
	struct strvec paths = STRVEC_INIT;

	if (knownuids_of(fleet, &known) && !known.incomplete)
		serverkeys_list(&known, &paths);
	if (paths.count > 0)
		(void)printf("%zu server key%s in ~/.ssh of stacks that are gone; to "
		             "remove %s, run: cxssh key remove --stale\n",
		             paths.count, paths.count == 1 ? "" : "s",
		             paths.count == 1 ? "it" : "them");
	strvec_release(&paths);
	knownuids_release(&known);
}
