/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

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

/* What the file has of cxssh's lines. */
struct look {
	enum userfile_result first;
	enum userfile_result last; /* PRESENT where there is to be none */
	size_t line;               /* of the first */
};

/* -1 as userfile_look(). */
static int look(const struct userfile *file, struct look *l, struct error *err)
{
	*l = (struct look){ .last = USERFILE_PRESENT };
	if (userfile_look(file, &l->first, &l->line, err) == -1)
		return -1;
	return file->last ? userfile_look_last(file, &l->last, err) : 0;
}

int includeprompt_show(const struct userfile *file, struct error *err)
{
	struct strbuf before = STRBUF_INIT;
	struct strbuf after = STRBUF_INIT;
	struct look l;
	int rc = look(file, &l, err);

	if (rc == 0 && (rc = userfile_read(file, &before, err)) != -1) {
		userfile_compose(&before, l.first != USERFILE_PRESENT,
		                 l.last != USERFILE_PRESENT, &after);
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
	if (rc == -1 && strstr(err->text, file->path) == NULL)
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
		rc = !strbuf_same(&before, &after);
	if (rc == 1 && print &&
	    showdiff_print("~/.ssh/config", &before, &after, err) == -1)
		rc = -1;
	strbuf_release(&before);
	strbuf_release(&after);
	return rc;
}

/* Show the edit and ask: 1 do it, 0 do not. */
static int ask_for_lines(const struct userfile *file, bool yes, bool first,
                         struct error *err)
{
	if (yes)
		return 1;
	if (!first && !confirm_is_possible())
		return 0; /* the hosts work; the next sync on a terminal asks */
	if (includeprompt_show(file, err) == -1)
		return -1;
	if (!confirm_is_possible()) {
		(void)printf("ssh does not see these hosts yet; run: cxssh sync --yes\n");
		return 0;
	}
	if (!first)
		(void)printf("With these lines ssh reaches new servers before the next "
		             "sync.\n");
	if (confirm("Put these lines into ~/.ssh/config?", true))
		return 1;
	(void)printf("Not added.  To have %s later, run: cxssh sync --yes\n",
	             file->last ? "them" : "it");
	return userfile_decline(file, deadline_in(INCLUDEPROMPT_EDIT_MS), err);
}

static void print_added(bool first, bool last)
{
	if (first)
		(void)printf("added \"%s\" as the first line of ~/.ssh/config\n",
		             INCLUDE_LINE);
	if (last)
		(void)printf("added \"%s\" with \"%s\" below as the last lines of "
		             "~/.ssh/config\n",
		             INCLUDE_LAST_HOST, INCLUDE_LAST);
}

/* Did the user answer before?  Then there is nothing to ask. */
static bool is_answered(const struct look *l)
{
	if (l->first == USERFILE_PRESENT)
		return l->last != USERFILE_ABSENT && l->last != USERFILE_NOT_OURS;
	if (l->first == USERFILE_DECLINED || l->first == USERFILE_TAKEN_OUT) {
		(void)printf("~/.ssh/config does not include cxssh/config; run: cxssh "
		             "sync --yes\n");
		return true;
	}
	if (l->first == USERFILE_INEFFECTIVE)
		(void)printf("The Include in line %zu of ~/.ssh/config stands below a "
		             "Host or Match and works for that one only.\n",
		             l->line);
	return false;
}

/* Without a question, cxssh adds no lines at the end beside one that the user wrote. */
int includeprompt_ensure(const struct userfile *file, bool yes, struct error *err)
{
	enum userfile_result result;
	struct look l;
	bool first;
	bool last;
	int rc = look(file, &l, err);

	if (rc == -1 || (!yes && is_answered(&l)))
		return rc;
	first = l.first != USERFILE_PRESENT;
	last = l.last != USERFILE_PRESENT && !(yes && l.last == USERFILE_NOT_OURS);
	if (!first && !last)
		return 0;
	rc = ask_for_lines(file, yes, first, err);
	if (rc != 1)
		return rc;
	if (userfile_add(file, deadline_in(INCLUDEPROMPT_EDIT_MS), &result, err) == -1)
		return -1;
	if (result == USERFILE_ADDED)
		print_added(first, last);
	return 0;
}

static bool ask_for_block(bool yes)
{
	if (yes)
		return true;
	if (confirm_is_possible())
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
	struct userfile file;
	enum userfile_result result = USERFILE_ABSENT;
	struct error ignored = ERROR_INIT;

	userfile_init(&file, false);
	(void)userfile_look(&file, &result, NULL, &ignored);
	if (result != USERFILE_PRESENT &&
	    includeprompt_has_block(&file, &ignored) == BLOCK_PRESENT)
		result = USERFILE_PRESENT;
	userfile_release(&file);
	return result == USERFILE_PRESENT;
}
