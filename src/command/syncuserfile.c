/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/error.h"
#include "base/strvec.h"
#include "cli/errorline.h"
#include "cli/includeprompt.h"
#include "cli/showeffective.h"
#include "command/syncuserfile.h"
#include "fleet/host.h"
#include "sshconfig/userfile.h"
#include "sshconfig/write.h"

/* Warn of aliases that are also names of the user's own hosts. */
static int warn_of_clashes(const struct userfile *file, const struct fleet *fleet,
                           struct error *err)
{
	struct strvec names = STRVEC_INIT;
	int rc;

	for (struct host h = { .server = NULL }; fleet_next_host(fleet, &h);)
		strvec_push(&names, host_alias(&h));
	strvec_sort(&names);
	rc = includeprompt_warn(file, &names, err);
	strvec_release(&names);
	return rc;
}

/* True if ssh reads the hosts already, by an Include in a file that ~/.ssh/config
 * includes, say. */
static bool is_read(const struct userfile *file, const struct fleet *fleet)
{
	struct error ignored = ERROR_INIT;
	struct host any = { .server = NULL };

	return fleet_next_host(fleet, &any) &&
	       showeffective(file->generated, fleet, false, &ignored) ==
	               SHOWEFFECTIVE_USED;
}

/* A block in the user's file is replaced; it makes the line unnecessary. */
static int update(const struct userfile *file, const struct fleet *fleet,
                  bool inline_block, bool yes, struct error *err)
{
	enum userfile_result result;
	int block = inline_block ? 1 : includeprompt_has_block(file, err);

	if (block == 1)
		return includeprompt_ensure_block(file, yes, err);
	if (block == -1 || userfile_look(file, &result, NULL, err) == -1)
		return -1;
	if (result != USERFILE_PRESENT && is_read(file, fleet))
		return 0;
	return includeprompt_ensure(file, yes, err);
}

static int warn_of_new(const struct userfile *file, const struct fleet *fleet,
                       struct error *err)
{
	enum userfile_result last;
	char *path = sshconfig_new_path();
	int rc = userfile_look_last(file, &last, err);

	if (rc == 0 && last == USERFILE_PRESENT && file->last)
		showeffective_new(path, fleet);
	free(path);
	return rc;
}

/* Warn of what overrides the generated settings; not of a line that is missing because
 * the user did not want it. */
static int warn_of_overrides(const struct userfile *file, const struct fleet *fleet,
                             struct error *err)
{
	enum userfile_result result;
	int block = includeprompt_has_block(file, err);

	if (block == -1 || userfile_look(file, &result, NULL, err) == -1)
		return -1;
	if (block == 0 && result != USERFILE_PRESENT && !is_read(file, fleet))
		return 0;
	if (showeffective(file->generated, fleet, true, err) == -1)
		errorline_warn(err);
	return warn_of_new(file, fleet, err);
}

int syncuserfile_update(const struct userfile *file, const struct fleet *fleet,
                        bool inline_block, bool yes, struct error *err)
{
	if (update(file, fleet, inline_block, yes, err) == -1 ||
	    warn_of_overrides(file, fleet, err) == -1)
		return -1;
	return warn_of_clashes(file, fleet, err);
}
