/* SPDX-License-Identifier: MIT */
/*
 * copy - upload and download files by scp.
 *
 *   cxssh upload [--server HOST | HOST] FILE... [TO]     TO is /tmp by default
 *   cxssh download [--server HOST | HOST] FILE... [TO]   TO is this folder
 */

#include <stdlib.h>
#include <string.h>

#include "base/strvec.h"
#include "command/command.h"
#include "command/toolbelt.h"

static void push_remote(struct strvec *argv, const char *alias, const char *path)
{
	strvec_pushf(argv, "%s:%s", alias, path);
}

/* A name that scp takes for a file here, not for HOST:FILE. */
static void push_local(struct strvec *argv, const char *path)
{
	const char *colon = strchr(path, ':');
	const char *slash = strchr(path, '/');

	strvec_pushf(argv, "%s%s",
	             colon != NULL && (slash == NULL || colon < slash) ? "./" : "", path);
}

static int copy(const char *alias, char *const files[], bool up, struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	int rc = toolbelt_begin("scp", &argv, err);
	const char *target = NULL;
	size_t sources = 0;

	while (files[sources] != NULL)
		sources++;
	if (sources > 1)
		target = files[--sources];
	strvec_push(&argv, "-r");
	strvec_push(&argv, "--");
	for (size_t i = 0; i < sources; i++) {
		if (up)
			push_local(&argv, files[i]);
		else
			push_remote(&argv, alias, files[i]);
	}
	if (up)
		push_remote(&argv, alias, target != NULL ? target : "/tmp");
	else
		push_local(&argv, target != NULL ? target : ".");
	if (rc == 0)
		rc = toolbelt_exec(&argv, err);
	strvec_release(&argv);
	return rc;
}

static int run(int argc, char *argv[], const struct config *config, bool up,
               struct error *err)
{
	struct resolve_words host = { .server = NULL };
	int first = toolbelt_parse(argc, argv, &host, "FILE is missing", err);
	char *alias;
	int rc;

	if (first == -1)
		return -1;
	alias = toolbelt_alias(&host, config, err);
	rc = alias != NULL ? copy(alias, argv + first, up, err) : -1;
	free(alias);
	return rc;
}

int command_upload(int argc, char *argv[], struct config *config, struct error *err)
{
	return run(argc, argv, config, true, err);
}

int command_download(int argc, char *argv[], struct config *config, struct error *err)
{
	return run(argc, argv, config, false, err);
}
