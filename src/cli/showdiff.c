/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/showdiff.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

enum { DIFF_MS = 30000 };

/* A file without a name that holds text; diff inherits it and reads it as *path.
 * NULL with err. */
static FILE *hold(const struct strbuf *text, char **path, struct error *err)
{
	FILE *file = tmpfile();

	if (file == NULL || fwrite(text->data, 1, text->len, file) != text->len ||
	    fflush(file) != 0 || fseek(file, 0, SEEK_SET) != 0) {
		error_errno(err, ERROR_CONFIG, "cannot write a temporary file");
		if (file != NULL)
			(void)fclose(file);
		return NULL;
	}
	*path = xasprintf("/dev/fd/%d", fileno(file));
	return file;
}

/* -L is --label: busybox has no long name for it. */
static int run(const char *diff, const char *name, const char *before, const char *after,
               struct error *err)
{
	const char *const words[] = { diff, "-u", "-L", name, "-L", name, before, after };
	struct strvec argv = STRVEC_INIT;
	int status;
	int rc;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		strvec_push(&argv, words[i]);
	(void)fflush(stdout);
	rc = spawn_run_visibly(argv.items, deadline_in(DIFF_MS), &status, err);
	strvec_release(&argv);
	if (rc == 0 && status > 1)
		rc = error_set(err, ERROR_OUTPUT, "%s failed with status %d", diff,
		               status);
	return rc;
}

int showdiff_print(const char *name, const struct strbuf *before,
                   const struct strbuf *after, struct error *err)
{
	char *diff = paths_tool("diff");
	char *before_path = NULL;
	char *after_path = NULL;
	FILE *before_file = NULL;
	FILE *after_file = NULL;
	int rc = 0;

	if (strbuf_same(before, after))
		goto out;
	if (access(diff, X_OK) == -1) {
		(void)printf("%s would change; diff, which shows how, is not installed\n",
		             name);
		goto out;
	}
	rc = -1;
	before_file = hold(before, &before_path, err);
	if (before_file != NULL)
		after_file = hold(after, &after_path, err);
	if (after_file != NULL)
		rc = run(diff, name, before_path, after_path, err);
out:
	if (before_file != NULL)
		(void)fclose(before_file);
	if (after_file != NULL)
		(void)fclose(after_file);
	free(before_path);
	free(after_path);
	free(diff);
	return rc;
}
