/* SPDX-License-Identifier: MIT */
/* tail - follow a log of the stack on a server. */

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/confirm.h"
#include "command/command.h"
#include "command/toolbelt.h"
#include "fleet/host.h"
#include "fleet/model.h"

/* "tail -F" of these logs, those without a leading slash below the stack's folder. */
static int remote_command(const struct stack *stack, char *const logs[],
                          struct strbuf *out, struct error *err)
{
	strbuf_adds(out, "tail -F --");
	for (; *logs != NULL; logs++) {
		struct strbuf path = STRBUF_INIT;

		if (logs[0][0] != '/' && stack->deploy_directory == NULL)
			return error_set(err, ERROR_NO_HOST,
			                 "the folder of the logs of %s is not known; "
			                 "give an absolute path; run: cxssh sync",
			                 stack->name);
		if (logs[0][0] != '/')
			strbuf_addf(&path, "%s/" LOG_FOLDER "/", stack->deploy_directory);
		strbuf_adds(&path, logs[0]);
		strbuf_adds(out, " ");
		toolbelt_quote(out, path.data);
		strbuf_release(&path);
	}
	return 0;
}

static int follow(const struct host *host, char *const logs[], struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	struct strbuf command = STRBUF_INIT;
	int rc = toolbelt_begin("ssh", &argv, err);

	/* With a terminal there, Ctrl-C ends tail on the server, too. */
	if (confirm_is_possible())
		strvec_push(&argv, "-t");
	strvec_push(&argv, host_alias(host));
	if (rc == 0)
		rc = remote_command(host->stack, logs, &command, err);
	strvec_push(&argv, command.data);
	if (rc == 0)
		rc = toolbelt_exec(&argv, err);
	strbuf_release(&command);
	strvec_release(&argv);
	return rc;
}

int command_tail(int argc, char *argv[], struct config *config, struct error *err)
{
	struct resolve_words host = { .server = NULL };
	struct fleet fleet = FLEET_INIT;
	struct host found;
	int first = toolbelt_parse(argc, argv, &host, "LOG is missing", err);
	int rc;

	if (first == -1)
		return -1;
	rc = toolbelt_find(&host, config, &fleet, &found, err);
	if (rc == 0)
		rc = follow(&found, argv + first, err);
	fleet_release(&fleet);
	return rc;
}
