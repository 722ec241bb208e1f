/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/paths.h"
#include "sshconfig/include.h"
#include "sshconfig/useredit.h"
#include "sshconfig/userfile.h"
#include "sshconfig/userstate.h"
#include "sshconfig/write.h"

/* What a change is about, and what comes of it. */
struct request {
	const struct userfile *file;
	const char *block;
	size_t len;
	enum userfile_result *result;
};

void userfile_init(struct userfile *file, bool last)
{
	*file = (struct userfile){ .path = paths_ssh("config"),
		                   .generated = sshconfig_path(),
		                   .state = paths_ssh("cxssh/state"),
		                   .home = paths_home(),
		                   .last = last };
}

void userfile_release(struct userfile *file)
{
	free(file->path);
	free(file->generated);
	free(file->state);
}

int userfile_read(const struct userfile *file, struct strbuf *text, struct error *err)
{
	return atomic_read(file->path, USEREDIT_MAX, text, err);
}

static int read_both(const struct userfile *file, struct strbuf *text,
                     struct userstate *state, struct error *err)
{
	if (userstate_read(file->state, state, err) == -1)
		return -1;
	return userfile_read(file, text, err) == -1 ? -1 : 0;
}

/* The state of the file, from its text and what is remembered of it. */
static enum userfile_result judge(const struct userfile *file, const struct strbuf *text,
                                  const struct userstate *state, size_t *line)
{
	struct include_target target = { .home = file->home, .path = file->generated };
	enum include_state found = include_find(text->data, text->len, &target, line);

	if (found == INCLUDE_EFFECTIVE || found == INCLUDE_LATE)
		return USERFILE_PRESENT;
	if (found == INCLUDE_INEFFECTIVE)
		return USERFILE_INEFFECTIVE;
	if (state->added)
		return USERFILE_TAKEN_OUT;
	return state->declined ? USERFILE_DECLINED : USERFILE_ABSENT;
}

/* The state of the lines at the end. */
static enum userfile_result judge_last(const struct strbuf *text,
                                       const struct userstate *state)
{
	if (include_has_last(text->data, text->len))
		return USERFILE_PRESENT;
	if (state->last_added)
		return USERFILE_TAKEN_OUT;
	return state->last_declined ? USERFILE_DECLINED : USERFILE_ABSENT;
}

int userfile_look_last(const struct userfile *file, enum userfile_result *result,
                       struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct userstate state;
	int rc = -1;

	if (read_both(file, &text, &state, err) == 0) {
		*result = judge_last(&text, &state);
		if (*result == USERFILE_ABSENT &&
		    !(state.added && include_has(text.data, text.len)) &&
		    judge(file, &text, &state, NULL) == USERFILE_PRESENT)
			*result = USERFILE_NOT_OURS;
		rc = 0;
	}
	strbuf_release(&text);
	return rc;
}

int userfile_look(const struct userfile *file, enum userfile_result *result, size_t *line,
                  struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct userstate state;
	int rc = -1;

	if (read_both(file, &text, &state, err) == 0) {
		*result = judge(file, &text, &state, line);
		rc = 0;
	}
	strbuf_release(&text);
	return rc;
}

bool userfile_is_untouched(const struct userfile *file)
{
	struct strbuf text = STRBUF_INIT;
	struct strbuf rest = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	struct userstate state;
	bool untouched = read_both(file, &text, &state, &ignored) == 0 &&
	                 judge(file, &text, &state, NULL) == USERFILE_ABSENT &&
	                 judge_last(&text, &state) == USERFILE_ABSENT &&
	                 include_remove_block(text.data, text.len, &rest, &ignored) == 0;

	strbuf_release(&text);
	strbuf_release(&rest);
	return untouched;
}

/* The text with the first line, or with those at the end, or both. */
void userfile_compose(const struct strbuf *text, bool first, bool last,
                      struct strbuf *out)
{
	struct strbuf middle = STRBUF_INIT;

	if (first)
		include_add(text->data, text->len, &middle);
	else
		strbuf_add(&middle, text->data, text->len);
	if (last)
		include_add_last(middle.data, middle.len, out);
	else
		strbuf_add(out, middle.data, middle.len);
	strbuf_release(&middle);
}

static int add(struct useredit *e, const void *cookie, struct error *err)
{
	const struct request *request = cookie;
	const struct strbuf *text = &e->old.before;
	struct userstate state = e->state;
	bool first = judge(request->file, text, &e->state, NULL) != USERFILE_PRESENT;
	bool last = request->file->last && !include_has_last(text->data, text->len);

	*request->result = USERFILE_PRESENT;
	if (!first && !last)
		return 0;
	state.added = state.added || first;
	state.last_added = state.last_added || last;
	state.declined = state.declined && !first;
	state.last_declined = state.last_declined && !last;
	state.created = state.created || !e->old.exists;
	userfile_compose(text, first, last, &e->after);
	if (useredit_add(e, &state, err) == -1) {
		if (err->code == ERROR_CONFIG)
			error_prefix(err,
			             "cannot add the line \"%s\", which must come first "
			             "in %s, and \"%s\" with \"%s\" below at its end",
			             INCLUDE_LINE, request->file->path, INCLUDE_LAST_HOST,
			             INCLUDE_LAST);
		return -1;
	}
	*request->result = USERFILE_ADDED;
	return 0;
}

int userfile_add(const struct userfile *file, struct deadline until,
                 enum userfile_result *result, struct error *err)
{
	return useredit_make(file->path, file->state, add,
	                     &(struct request){ .file = file, .result = result }, until,
	                     err);
}

/* The text without what cxssh added; true if there was any of it. */
static bool without_added(const struct strbuf *text, const struct userstate *state,
                          struct strbuf *out)
{
	struct strbuf middle = STRBUF_INIT;
	bool first = state->added && include_has(text->data, text->len);
	bool last;

	if (first)
		include_remove(text->data, text->len, &middle);
	else
		strbuf_add(&middle, text->data, text->len);
	last = state->last_added && include_has_last(middle.data, middle.len);
	if (last)
		include_remove_last(middle.data, middle.len, out);
	else
		strbuf_add(out, middle.data, middle.len);
	strbuf_release(&middle);
	return first || last;
}

static int take_out(struct useredit *e, const void *cookie, struct error *err)
{
	const struct request *request = cookie;
	const struct strbuf *text = &e->old.before;
	enum userfile_result now = judge(request->file, text, &e->state, NULL);
	bool theirs = !e->state.added || !include_has(text->data, text->len);
	struct userstate state = { .created = e->state.created };
	int rc;

	*request->result = USERFILE_REMOVED;
	if (without_added(text, &e->state, &e->after)) {
		rc = useredit_remove(e, &state, err);
	} else {
		state.created = state.created && e->old.exists;
		rc = userstate_write(e->state_path, &state, err);
		*request->result = USERFILE_ABSENT;
	}
	if (theirs && (now == USERFILE_PRESENT || now == USERFILE_INEFFECTIVE))
		*request->result = USERFILE_NOT_OURS;
	if (rc == -1 && err->code == ERROR_CONFIG)
		error_prefix(err, "cannot take \"%s\" out of %s", INCLUDE_LINE,
		             request->file->path);
	return rc;
}

int userfile_remove(const struct userfile *file, struct deadline until,
                    enum userfile_result *result, struct error *err)
{
	return useredit_make(file->path, file->state, take_out,
	                     &(struct request){ .file = file, .result = result }, until,
	                     err);
}

/* Where the first line is in the file, the answer is about those at the end alone. */
static int decline(const struct userfile *file, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct userstate state;
	int rc = -1;

	if (read_both(file, &text, &state, err) == 0) {
		if (judge(file, &text, &state, NULL) != USERFILE_PRESENT) {
			state.declined = true;
			state.added = false;
		}
		state.last_declined = file->last;
		state.last_added = state.last_added && !file->last;
		rc = userstate_write(file->state, &state, err);
	}
	strbuf_release(&text);
	return rc;
}

int userfile_decline(const struct userfile *file, struct deadline until,
                     struct error *err)
{
	char *path = xasprintf("%s.lock", file->state);
	int lock = lock_take(path, until, err);
	int rc = lock != -1 ? decline(file, err) : -1;

	lock_release(lock);
	free(path);
	return rc;
}

static int add_block(struct useredit *e, const void *cookie, struct error *err)
{
	const struct request *request = cookie;
	struct userstate state = e->state;
	struct strbuf text = STRBUF_INIT;
	int rc;

	(void)without_added(&e->old.before, &state, &text);
	state.last_added = false;
	rc = include_add_block(text.data, text.len, request->block, request->len,
	                       &e->after, err);
	strbuf_release(&text);
	if (rc == 0 && strbuf_same(&e->after, &e->old.before)) {
		*request->result = USERFILE_PRESENT;
		return 0;
	}
	state.created = state.created || !e->old.exists;
	if (rc == 0)
		rc = useredit_add(e, &state, err);
	*request->result = USERFILE_ADDED;
	if (rc == -1 && err->code == ERROR_CONFIG)
		error_prefix(err, "cannot write the hosts into %s", request->file->path);
	return rc;
}

int userfile_add_block(const struct userfile *file, const char *block, size_t len,
                       struct deadline until, enum userfile_result *result,
                       struct error *err)
{
	return useredit_make(file->path, file->state, add_block,
	                     &(struct request){ .file = file,
	                                        .block = block,
	                                        .len = len,
	                                        .result = result },
	                     until, err);
}

static int remove_block(struct useredit *e, const void *cookie, struct error *err)
{
	const struct request *request = cookie;
	struct userstate state = e->state;
	int rc = include_remove_block(e->old.before.data, e->old.before.len, &e->after,
	                              err);

	*request->result = rc == 1 ? USERFILE_REMOVED : USERFILE_ABSENT;
	if (rc == 1)
		rc = useredit_remove(e, &state, err);
	if (rc == -1 && err->code == ERROR_CONFIG)
		error_prefix(err, "cannot take the hosts out of %s", request->file->path);
	return rc;
}

int userfile_remove_block(const struct userfile *file, struct deadline until,
                          enum userfile_result *result, struct error *err)
{
	return useredit_make(file->path, file->state, remove_block,
	                     &(struct request){ .file = file, .result = result }, until,
	                     err);
}
