/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"
#include "sshconfig/usershell.h"

/* The file that a shell reads also with -c. */
static const struct {
	const char *shell;
	const char *file;
} files[] = {
	{ "zsh", "~/.zshenv" },
	{ "fish", "~/.config/fish/config.fish" },
	{ "tcsh", "~/.tcshrc" },
	{ "csh", "~/.cshrc" },
	{ "bash", "the file that BASH_ENV names" },
	{ "ksh", "the file that ENV names" },
};

static const char *file_of(const char *shell)
{
	const char *name = paths_name(shell);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].shell, name) == 0)
			return files[i].file;
	}
	return NULL;
}

static char *remedy_for(const char *shell, bool printed)
{
	const char *file = file_of(shell);

	if (file == NULL && !printed)
		return xstrdup("set SHELL to a shell that works, such as /bin/sh");
	return xasprintf("look into %s", file != NULL ? file : "the shell's start file");
}

/* As ssh chooses it with ProxyUseFdpass: an empty SHELL counts, too. */
static const char *shell_of_ssh(void)
{
	const char *shell = getenv("SHELL");

	return shell != NULL ? shell : "/bin/sh";
}

bool usershell_is_silent(struct deadline until, char **what, char **remedy)
{
	const char *shell = shell_of_ssh();
	/* What it prints on stderr does no harm. */
	char sh[] = "/bin/sh", option[] = "-c", script[] = "exec \"$0\" -c : 2>/dev/null";
	char *name = xstrdup(shell);
	char *const argv[] = { sh, option, script, name, NULL };
	struct strbuf output = STRBUF_INIT;
	struct error err = ERROR_INIT;
	char shown[60];
	char line[60];
	int status = 0;
	int rc = spawn_run(argv, until, &output, &status, &err);

	*what = *remedy = NULL;
	(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(output.data, "\r\n"),
	               output.data);
	if (rc == -1)
		*what = xasprintf("%s -c : does not end", shell);
	else if (output.len > 0)
		*what = xasprintf("%s -c : prints \"%s\", which breaks every "
		                  "ProxyCommand",
		                  shell, printable_text(line, shown, sizeof(shown)));
	else if (shell[0] == '\0')
		*what = xstrdup("SHELL is empty, so no ProxyCommand can start");
	else if (status != 0)
		*what = xasprintf("%s -c : exits with %d, so no ProxyCommand can start",
		                  shell, status);
	if (rc == -1 || output.len > 0 || status != 0)
		*remedy = remedy_for(shell, output.len > 0);
	strbuf_release(&output);
	free(name);
	return rc == 0 && *remedy == NULL;
}
