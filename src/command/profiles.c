/* SPDX-License-Identifier: MIT */
/* profile - list, choose, make and delete the profiles that the toolbelt uses, too. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strvec.h"
#include "cli/options.h"
#include "cloud66/auth.h"
#include "cloud66/profile.h"
#include "command/command.h"
#include "fleet/owner.h"
#include "runtime/config.h"
#include "runtime/paths.h"

enum { PROFILE_MS = 10000 };

/* What stands on the command line. */
struct wanted {
	const char *name;
	const char *base_url; /* these three may be NULL */
	const char *client_id;
	const char *org;
};

static void print_profile(const char *folder, const char *name, const char *last)
{
	struct profile profile = PROFILE_INIT;
	struct error err = ERROR_INIT;
	char *path = NULL;
	char shown[64];

	(void)printf("%-20s ", printable_text(name, shown, sizeof(shown)));
	if (profile_load(&profile, folder, name, &err) == -1) {
		(void)printf("broken: %s\n", err.text);
	} else {
		path = xasprintf("%s/%s", folder, profile.token_file);
		(void)printf("%s  %s%s\n", profile.base_url,
		             access(path, F_OK) == 0 ? "logged in" : "not logged in",
		             strcmp(name, last) == 0 ? "  in use" : "");
	}
	free(path);
	profile_release(&profile);
}

static int profile_list(const char *folder, const struct wanted *wanted,
                        struct error *err)
{
	struct strvec names = STRVEC_INIT;
	char *last = NULL;
	int rc = profile_names(folder, &names, &last, err);

	(void)wanted;
	strvec_sort(&names);
	for (size_t i = 0; rc == 0 && i < names.count; i++)
		print_profile(folder, names.items[i], last);
	strvec_release(&names);
	free(last);
	return rc;
}

static int use_profile(const char *folder, const struct wanted *wanted, struct error *err)
{
	const struct config config = { .profile = NULL };
	struct login login;
	char shown[64];

	if (profile_use(wanted->name, folder, deadline_in(PROFILE_MS), err) == -1)
		return -1;
	(void)printf("profile %s is in use; the toolbelt (cx) uses it, too\n",
	             printable_text(wanted->name, shown, sizeof(shown)));
	sync_login_get(&config, &login);
	if (login.profile != NULL && strcmp(login.profile, wanted->name) != 0)
		(void)printf("the hosts are those of the last sync; for those of this "
		             "profile, run: cxssh sync --profile %s\n",
		             shown);
	sync_login_release(&login);
	return 0;
}

/* Names that differ in case alone have one token file. */
static int check_new(const char *folder, const char *name, struct error *err)
{
	struct strvec names = STRVEC_INIT;
	char *last = NULL;
	char shown[64];
	int rc = profile_names(folder, &names, &last, err);

	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		if (strcasecmp(names.items[i], name) == 0)
			rc = error_set(err, ERROR_USAGE, "there is a profile %s already",
			               printable_text(names.items[i], shown,
			                              sizeof(shown)));
	}
	strvec_release(&names);
	free(last);
	return rc;
}

static int make_profile(const char *folder, const struct wanted *wanted,
                        struct error *err)
{
	struct profile profile = PROFILE_INIT;
	char shown[64];
	int rc = check_new(folder, wanted->name, err);

	if (rc == 0)
		rc = profile_fresh(&profile, wanted->name, wanted->base_url, err);
	if (rc == 0)
		profile.organization = xstrdup_or_null(wanted->org);
	if (rc == 0 && wanted->client_id != NULL) {
		free(profile.client_id);
		profile.client_id = xstrdup(wanted->client_id);
	}
	if (rc == 0)
		rc = profile_put(&profile, folder, deadline_in(PROFILE_MS), err);
	if (rc == 0) {
		(void)printable_text(wanted->name, shown, sizeof(shown));
		(void)printf("made profile %s\nnext: cxssh login --profile ", shown);
		(void)printf(strpbrk(wanted->name, " '") != NULL ? "\"%s\"\n" : "%s\n",
		             shown);
	}
	profile_release(&profile);
	return rc;
}

static int remove_profile(const char *folder, const struct wanted *wanted,
                          struct error *err)
{
	struct profile profile = PROFILE_INIT;
	char *path;
	char shown[64];
	int rc = profile_load(&profile, folder, wanted->name, err);

	if (rc != -1)
		rc = profile_delete(wanted->name, folder, deadline_in(PROFILE_MS), err);
	if (rc == 0) {
		path = xasprintf("%s/%s", folder, profile.token_file);
		(void)printf("deleted profile %s%s\n",
		             printable_text(wanted->name, shown, sizeof(shown)),
		             unlink(path) == 0 ? " and its token" : "");
		free(path);
	}
	profile_release(&profile);
	return rc;
}

int command_profile(int argc, char *argv[], struct config *config, struct error *err)
{
	static const struct {
		const char *name;
		int operands;
		int (*run)(const char *folder, const struct wanted *wanted,
		           struct error *err);
	} actions[] = {
		{ "list", 0, profile_list },
		{ "use", 1, use_profile },
		{ "create", 1, make_profile },
		{ "delete", 1, remove_profile },
	};
	struct wanted wanted = { .org = config->org };
	const struct options_place places[] = {
		{ 'B', .text = &wanted.base_url },
		{ 'C', .text = &wanted.client_id },
		{ .letter = '\0' },
	};
	char *folder;
	int first;
	int rc;

	for (size_t i = 0; argc >= 2 && i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(argv[1], actions[i].name) != 0)
			continue;
		first = options_parse(argc, argv, places, actions[i].operands,
		                      actions[i].operands, err);
		if (first == -1)
			return -1;
		wanted.name = argv[first];
		folder = paths_in_home(".cloud66");
		rc = actions[i].run(folder, &wanted, err);
		free(folder);
		return rc;
	}
	return options_no_subcommand(argc, argv, err);
}
