/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/confirm.h"
#include "cli/includeprompt.h"
#include "cli/showdiff.h"
#include "runtime/atomic.h"
#include "runtime/paths.h"
#include "sshconfig/include.h"
#include "sshconfig/userfile.h"
#include "sshconfig/write.h"

int includeprompt_show(const struct userfile *file, struct error *err)
{
	struct strbuf before = STRBUF_INIT;
	struct strbuf after = STRBUF_INIT;
	int rc = userfile_read(file, &before, err);

	if (rc != -1) {
		include_add(before.data, before.len, &after);
		rc = showdiff_print("~/.ssh/config", &before, &after, err);
	}
	strbuf_release(&before);
	strbuf_release(&after);
	return rc;
}

int includeprompt_has_block(const struct userfile *file, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = userfile_read(file, &text, err);

	if (rc != -1)
		rc = include_has_block(text.data, text.len, err);
	if (rc == -1)
		error_prefix(err, "%s", file->path);
	strbuf_release(&text);
	return rc;
}

int includeprompt_compare_block(const struct userfile *file, const struct strbuf *hosts,
                                bool print, struct error *err)
{
	struct strbuf before = STRBUF_INIT;
	struct strbuf after = STRBUF_INIT;
	int rc = -1;

	if (userfile_read(file, &before, err) != -1 &&
	    include_add_block(before.data, before.len, hosts->data, hosts->len, &after,
	                      err) == 0)
		rc = before.len != after.len ||
		     memcmp(before.data, after.data, after.len) != 0;
	if (rc == 1 && print &&
	    showdiff_print("~/.ssh/config", &before, &after, err) == -1)
		rc = -1;
	strbuf_release(&before);
	strbuf_release(&after);
	return rc;
}

/* Show the edit and ask: 1 do it, 0 do not. */
static int ask_for_line(const struct userfile *file, bool yes, struct error *err)
{
	if (yes)
		return 1;
	if (includeprompt_show(file, err) == -1)
		return -1;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		(void)printf("ssh does not see these hosts yet; run: cxssh sync --yes\n");
		return 0;
	}
	if (confirm("Put this line first in ~/.ssh/config?", true))
		return 1;
	(void)printf("Not added.  To have it later, run: cxssh sync --yes\n");
	return userfile_decline(file, deadline_in(INCLUDEPROMPT_EDIT_MS), err);
}

int includeprompt_ensure(const struct userfile *file, bool yes, struct error *err)
{
	enum userfile_result result;
	size_t line;
	int rc;

	if (userfile_look(file, &result, &line, err) == -1)
		return -1;
	if (result == USERFILE_PRESENT)
		return 0;
	if (!yes && (result == USERFILE_DECLINED || result == USERFILE_TAKEN_OUT)) {
		(void)printf("~/.ssh/config does not include %s; run: cxssh sync --yes\n",
		             "cxssh/config");
		return 0;
	}
	if (!yes && result == USERFILE_INEFFECTIVE)
		(void)printf("The Include in line %zu of ~/.ssh/config stands below a "
		             "Host or "
		             "Match and works for that one only.\n",
		             line);
	rc = ask_for_line(file, yes, err);
	if (rc != 1)
		return rc;
	if (userfile_add(file, true, deadline_in(INCLUDEPROMPT_EDIT_MS), &result, err) ==
	    -1)
		return -1;
	if (result == USERFILE_ADDED)
		(void)printf("added \"%s\" as the first line of ~/.ssh/config\n",
		             INCLUDE_LINE);
	return 0;
}

static bool ask_for_block(bool yes)
{
	if (yes)
		return true;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return confirm("Write all hosts into a block of ~/.ssh/config?", true);
	(void)printf("~/.ssh/config has no block of these hosts; "
	             "run: cxssh sync --inline --yes\n");
	return false;
}

int includeprompt_ensure_block(const struct userfile *file, bool yes, struct error *err)
{
	struct strbuf block = STRBUF_INIT;
	enum userfile_result result;
	int rc = includeprompt_has_block(file, err);

	/* The user agreed to a block that is there. */
	if (rc == -1 || (rc == 0 && !ask_for_block(yes)))
		return rc;
	rc = -1;
	if (atomic_read(file->generated, SSHCONFIG_MAX, &block, err) != -1)
		rc = userfile_add_block(file, block.data, block.len,
		                        deadline_in(INCLUDEPROMPT_EDIT_MS), &result, err);
	if (rc == 0 && result == USERFILE_ADDED)
		(void)printf("wrote the hosts into ~/.ssh/config\n");
	strbuf_release(&block);
	return rc;
}

enum { WARNINGS = 5 };

struct clashes {
	const struct strvec *names; /* generated, sorted */
	size_t count;
};

static void warn_of_one(const char *host, size_t line, const char *by, void *cookie)
{
	struct clashes *clashes = cookie;

	if (!strvec_has_sorted(clashes->names, host) || clashes->count++ >= WARNINGS)
		return;
	(void)fprintf(stderr,
	              "cxssh: warning: ~/.ssh/config:%zu: the generated host %s now wins "
	              "over this one; for this one to win, put it above \"%s\", with a "
	              "line \"Host *\" between\n",
	              line, host, by);
}

int includeprompt_warn(const struct userfile *file, const struct strvec *names,
                       struct error *err)
{
	struct include_target target = { .home = file->home, .path = file->generated };
	struct clashes clashes = { .names = names };
	struct strbuf text = STRBUF_INIT;
	int rc = userfile_read(file, &text, err);

	if (rc != -1)
		include_each_below(text.data, text.len, &target, warn_of_one, &clashes);
	if (clashes.count > WARNINGS)
		(void)fprintf(stderr, "cxssh: warning: ... and over %zu more\n",
		              clashes.count - WARNINGS);
	strbuf_release(&text);
	return rc == -1 ? -1 : 0;
}

bool includeprompt_is_included(void)
{
	char *path = paths_ssh("config");
	char *generated = sshconfig_path();
	char *state = paths_ssh("cxssh/state");
	struct userfile file = {
		.path = path, .generated = generated, .state = state, .home = paths_home()
	};
	enum userfile_result result = USERFILE_ABSENT;
	struct error ignored = ERROR_INIT;

	(void)userfile_look(&file, &result, NULL, &ignored);
	if (result != USERFILE_PRESENT &&
	    includeprompt_has_block(&file, &ignored) == BLOCK_PRESENT)
		result = USERFILE_PRESENT;
	free(path);
	free(generated);
	free(state);
	return result == USERFILE_PRESENT;
}
