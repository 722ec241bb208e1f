/* SPDX-License-Identifier: MIT */
/*
 * completion - print the completion of a shell; "complete -- WORDS", which it calls,
 * prints what may stand in the place of the last word, from the inventory file alone.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/complete.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "command/command.h"
#include "fleet/inventory.h"
#include "fleet/model.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"

enum { SCRIPT_MAX = 64 * 1024 };

/* Takes path.  As atomic_read(). */
static int print_file(char *path, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = atomic_read(path, SCRIPT_MAX, &text, err);

	if (rc == 1)
		(void)fwrite(text.data, 1, text.len, stdout);
	strbuf_release(&text);
	free(path);
	return rc;
}

static int print_script(const char *shell, struct error *err)
{
	char *beside = paths_program("../share/cxssh/completion");
	int rc = print_file(xasprintf("%s/cxssh.%s", beside, shell), err);

	free(beside);
	if (rc == 0)
		rc = print_file(xasprintf(DATADIR "/completion/cxssh.%s", shell), err);
	if (rc == 0)
		rc = error_set(err, ERROR_CONFIG,
		               "no completion for %s in " DATADIR
		               "/completion: cxssh is not installed whole",
		               shell);
	return rc == -1 ? -1 : 0;
}

int command_completion(int argc, char *argv[], struct config *config, struct error *err)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };
	const struct manual *manual = manual_find(argc, argv, NULL);
	int first = options_parse(argc, argv, NULL, 1, 1, err);

	(void)config;
	for (size_t i = 0; first != -1 && i < 3; i++) {
		if (strcmp(shells[i], argv[first]) == 0)
			return print_script(shells[i], err);
	}
	return first == -1 ? -1 :
	                     options_error(manual, err, "SHELL is bash, zsh or fish");
}

int command_complete(int argc, char *argv[], struct config *config, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct fleet fleet = FLEET_INIT;
	struct strvec found = STRVEC_INIT;
	int first = options_parse(argc, argv, NULL, 0, argc, err);

	(void)config;
	if (first == -1)
		return -1;
	(void)inventory_load(&fleet, &ignored);
	complete_words(argv + first, argc - first, &fleet, &found);
	for (size_t i = 0; i < found.count; i++)
		(void)puts(found.items[i]);
	strvec_release(&found);
	fleet_release(&fleet);
	return 0;
}
