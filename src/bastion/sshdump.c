/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/sshdump.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

int sshdump_refusal(const char *file, const char *text, struct error *err)
{
	static const char modes[] = "Bad owner or permissions on ";
	char line[300];
	char clean[300];
	size_t len = file != NULL ? strlen(file) : 0;

	if (len > 0 && strncmp(text, file, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\r\n"), text);
	error_set(err, ERROR_CONFIG, "ssh says: %s",
	          line[0] == '\0' ? "nothing, but that it failed" :
	                            printable_text(line, clean, sizeof(clean)));
	return strncmp(line, modes, sizeof(modes) - 1) == 0 ?
	               error_hint(err, "chmod go-w %s", clean + sizeof(modes) - 1) :
	               -1;
}

/* The exit status of ssh, or -1.  file NULL: all that ssh reads for the user.  quiet:
 * without warnings, which ssh prints among the options. */
static int run_ssh(const char *file, const char *host, bool quiet, struct deadline until,
                   struct strbuf *output, struct error *err)
{
	struct strvec argv = STRVEC_INIT;
	char *program = paths_tool("ssh");
	int status = -1;

	strvec_push(&argv, program);
	strvec_push(&argv, "-G");
	/* Else ssh looks the name up. */
	strvec_push(&argv, "-oCanonicalizeHostname=no");
	if (file != NULL) {
		strvec_push(&argv, "-F");
		strvec_push(&argv, file);
	}
	if (quiet)
		strvec_push(&argv, "-E/dev/null");
	strvec_push(&argv, "--");
	strvec_push(&argv, host);
	if (spawn_run(argv.items, until, output, &status, err) == -1)
		status = -1;
	free(program);
	strvec_release(&argv);
	return status;
}

int sshdump_config(const char *file, const char *host, struct deadline until,
                   struct strbuf *output, struct error *err)
{
	struct strbuf warnings = STRBUF_INIT;
	int status = run_ssh(file, host, true, until, output, err);

	if (status > 0) {
		status = run_ssh(file, host, false, until, &warnings, err);
		if (status != -1)
			status = sshdump_refusal(file, warnings.data, err);
	}
	strbuf_release(&warnings);
	return status;
}

int sshdump_users(const char *host, struct deadline until, struct strbuf *output,
                  struct error *err)
{
	return sshdump_config(NULL, host, until, output, err);
}

char *sshdump_value(const char *output, const char *keyword)
{
	size_t len = strlen(keyword);

	while (*output != '\0') {
		size_t end = strcspn(output, "\n");

		if (strncasecmp(output, keyword, len) == 0 && output[len] == ' ')
			return xstrndup(output + len + 1, end - len - 1);
		output += end + (output[end] == '\n');
	}
	return NULL;
}
