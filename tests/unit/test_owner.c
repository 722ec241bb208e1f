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
	{ "version=1\nprofile = work\n", "work", "a version without blanks is read" },
	{ "", "", "an empty file names no profile" },
};

static void check(const struct config *config, const char *profile, const char *org,
                  const char *what)
{
	struct login login;

	sync_login_get(config, &login);
	ok(strcmp(login.profile != NULL ? login.profile : "", profile) == 0 &&
	           strcmp(login.org != NULL ? login.org : "", org) == 0,
	   "%s", what);
	sync_login_release(&login);
}

int main(void)
{
	struct config config = { .profile = NULL };
	struct error err = ERROR_INIT;
	char *path;

	if (mkdtemp(folder) == NULL || setenv("XDG_CACHE_HOME", folder, 1) == -1)
		return 1;
	ok(sync_login_store("work", "Acme", &err) == 0, "a login is stored");
	check(&config, "work", "Acme", "a stored login is found again");
	ok(sync_login_is_stored(&config),
	   "the stored login is used where none is configured");
	config.org = (char[]){ "Other" };
	check(&config, "work", "Other",
	      "a configured organization comes before the stored one");
	ok(!sync_login_is_stored(&config), "another organization is another login");
	config.org = NULL;
	config.profile = (char[]){ "home" };
	check(&config, "home", "", "another profile has an organization of its own");
	ok(!sync_login_is_stored(&config), "another profile is another login");
	config.profile = (char[]){ "work" };
	check(&config, "work", "Acme", "the stored profile keeps its organization");
	ok(sync_login_is_stored(&config),
	   "the stored profile by its name is the same login");
	config.profile = NULL;
	path = xasprintf("%s/cxssh/profile", folder);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *file = fopen(path, "w");

		if (file == NULL || fputs(files[i].text, file) < 0 || fclose(file) != 0)
			return 1;
		check(&config, files[i].profile, "", files[i].what);
	}
	(void)unlink(path);
	free(path);
	path = xasprintf("%s/cxssh", folder);
	(void)rmdir(path);
	(void)rmdir(folder);
	free(path);
	return done_testing();
}
