/* SPDX-License-Identifier: MIT */
/* The profile that the inventory was fetched with, in files of several versions. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "fleet/owner.h"
#include "runtime/config.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-owner-XXXXXX";

static const struct {
	const char *text;
	const char *profile;
	const char *what;
} files[] = {
	{ "version = 1\nprofile = work\n", "work", "a file of this version is read" },
	{ "work", "work", "a file from before there were versions is read" },
	{ "version = 2\nprofile = work\n", "", "a file of a newer version is not read" },
	{ "profile = work\n", "", "a file of several lines needs a version" },
	{ "version = x\nprofile = work\n", "", "a version that is no number is refused" },
	{ "version = 1\nprofile = work\njunk\n", "", "a broken file is not read" },
	{ "", "", "an empty file names no profile" },
};

int main(void)
{
	struct config config = { .profile = NULL };
	struct error err = ERROR_INIT;
	char *path;
	char *name;

	if (mkdtemp(folder) == NULL || setenv("XDG_CACHE_HOME", folder, 1) == -1)
		return 1;
	ok(sync_profile_store("work", &err) == 0, "a profile is stored");
	name = sync_profile_get(&config);
	is_str(name != NULL ? name : "", "work", "a stored profile is found again");
	free(name);
	path = xasprintf("%s/cxssh/profile", folder);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *file = fopen(path, "w");

		if (file == NULL || fputs(files[i].text, file) < 0 || fclose(file) != 0)
			return 1;
		name = sync_profile_get(&config);
		is_str(name != NULL ? name : "", files[i].profile, "%s", files[i].what);
		free(name);
	}
	config.profile = (char[]){ "home" };
	name = sync_profile_get(&config);
	is_str(name, "home", "a configured profile comes before the stored one");
	free(name);
	(void)unlink(path);
	free(path);
	path = xasprintf("%s/cxssh", folder);
	(void)rmdir(path);
	(void)rmdir(folder);
	free(path);
	return done_testing();
}
