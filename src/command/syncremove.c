/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/strvec.h"
#include "broker/broker.h"
#include "cli/cleanup.h"
#include "cli/includeprompt.h"
#include "command/syncremove.h"
#include "route/autosync.h"
#include "runtime/paths.h"
#include "sshconfig/userfile.h"
#include "sshconfig/write.h"

/* Returns 1 where the file was there, 0 where not. */
static int remove_file(const char *path, struct error *err)
{
	if (unlink(path) == 0)
		return 1;
	return errno == ENOENT ? 0 :
	                         error_errno(err, ERROR_CONFIG, "cannot remove %s", path);
}

/* A broker's connections would outlive the files that were removed. */
static void end_brokers(void)
{
	struct strvec running = STRVEC_INIT;
	struct error ignored = ERROR_INIT;

	broker_list(&running);
	for (size_t i = 0; i < running.count; i++) {
		if (broker_close(running.items[i], &ignored) == BROKER_ANSWERED)
			(void)printf("closed the connection to %s\n", running.items[i]);
	}
	strvec_release(&running);
}

static int remove_link(struct error *err)
{
	char *link = sshconfig_proxy_link();
	int rc = remove_file(link, err);

	free(link);
	return rc;
}

/* Remove the file for new names, and stop the background syncs, which would write it
 * again. */
static int remove_new(struct error *err)
{
	char *path = sshconfig_new_path();
	int rc = remove_file(path, err);

	free(path);
	return rc == -1 ? -1 : autosync_plan(-1, err);
}

int syncremove_run(const struct userfile *file, struct error *err)
{
	enum userfile_result line;
	enum userfile_result block;
	int rc = 0;

	if (userfile_remove_block(file, deadline_in(INCLUDEPROMPT_EDIT_MS), &block,
	                          err) == -1 ||
	    userfile_remove(file, deadline_in(INCLUDEPROMPT_EDIT_MS), &line, err) == -1)
		return -1;
	if (line == USERFILE_NOT_OURS)
		(void)printf(
			"~/.ssh/config includes cxssh/config by a line of your own; it "
			"stays, and so does the file\n");
	else if ((rc = remove_file(file->generated, err)) == 1)
		(void)printf("removed ~/.ssh/cxssh/config\n");
	if (rc == -1 || remove_new(err) == -1 || remove_file(file->state, err) == -1 ||
	    (line != USERFILE_NOT_OURS && remove_link(err) == -1))
		return -1;
	end_brokers();
	paths_forget_config();
	cleanup_sweep_locks();
	if (line == USERFILE_REMOVED || block == USERFILE_REMOVED)
		(void)printf("~/.ssh/config is as it was\n");
	return 0;
}

bool syncremove_is_needless(const struct userfile *file)
{
	char *folder = paths_ssh("cxssh");
	bool nothing = access(folder, F_OK) == -1 && errno == ENOENT &&
	               userfile_is_untouched(file);

	free(folder);
	return nothing;
}
