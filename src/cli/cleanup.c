/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/cleanup.h"
#include "runtime/lock.h"
#include "runtime/paths.h"
#include "runtime/replace.h"
#include "runtime/tmpsweep.h"
#include "sshconfig/draftrescue.h"

/* Takes folder. */
static void sweep(char *folder)
{
	tmpfile_sweep(folder);
	free(folder);
}

/* The folder that path leads to, when it is a link into another one. */
static void sweep_beside(char *path)
{
	struct error ignored = ERROR_INIT;
	char *real = replace_resolve(path, &ignored);
	char *slash = real != NULL ? strrchr(real, '/') : NULL;

	if (slash != NULL && strcmp(real, path) != 0) {
		*slash = '\0';
		tmpfile_sweep(real);
	}
	free(real);
	free(path);
}

/* Is name that of a draft of the file path? */
static bool is_draft_of(const char *name, const char *path)
{
	char *begin = xasprintf(".%s.cxssh-", strrchr(path, '/') + 1);
	bool is = strlen(name) == strlen(begin) + strlen("XXXXXX") &&
	          strncmp(name, begin, strlen(begin)) == 0;

	free(begin);
	return is;
}

/* Keep a draft with lines of the user's that are nowhere else. */
static bool keep_draft(const char *folder, const char *name, void *cookie)
{
	const char *path = cookie;
	char *draft = xasprintf("%s/%s", folder, name);
	bool keep = is_draft_of(name, path) && !draftrescue_is_in(draft, path);
	char *rescued = keep ? draftrescue_rescue(draft, path) : NULL;
	char *shown = paths_shorten(path);
	char *shown_rescued = rescued != NULL ? paths_shorten(rescued) : NULL;

	if (rescued != NULL)
		(void)fprintf(stderr,
		              "cxssh: warning: a cxssh was killed while another program "
		              "changed %s; that change is in %s\n",
		              shown, shown_rescued);
	free(shown);
	free(shown_rescued);
	free(draft);
	free(rescued);
	return keep;
}

/* ~/.ssh, and the folder where ~/.ssh/config leads. */
static void sweep_users_ssh(void)
{
	struct error ignored = ERROR_INIT;
	char *path = paths_ssh("config");
	char *real = replace_resolve(path, &ignored);
	char *folder = paths_ssh(".");

	if (real == NULL)
		real = xstrdup(path);
	tmpfile_sweep_except(folder, keep_draft, real);
	free(folder);
	folder = xstrndup(real, (size_t)(strrchr(real, '/') - real));
	tmpfile_sweep_except(folder, keep_draft, real);
	free(folder);
	free(real);
	free(path);
}

void cleanup_sweep(void)
{
	static const char *const caches[] = { ".",      "routes", "down",    "busy",
		                              "recent", "failed", "checked", "missing" };

	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		sweep(paths_cache("%s", caches[i]));
	sweep(paths_config("."));
	sweep(paths_in_home(".cloud66"));
	sweep_users_ssh();
	sweep(paths_ssh("cxssh"));
	sweep_beside(paths_config("config"));
}

/* Takes folder. */
static void sweep_locks(char *folder, const char *ending)
{
	lock_sweep(folder, ending);
	free(folder);
}

void cleanup_sweep_locks(void)
{
	sweep_locks(paths_ssh("cxssh"), ".lock");
	sweep_locks(paths_config("."), "config.lock");
	sweep_locks(paths_in_home(".cloud66"), ".cxssh-lock");
}
