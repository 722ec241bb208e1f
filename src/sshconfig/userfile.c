/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/keyvalue.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "sshconfig/edit.h"
#include "sshconfig/include.h"
#include "sshconfig/userfile.h"

enum { STATE_MAX = 4096 };

/* What we remember of the user's file. */
struct memory {
	bool added;    /* include = added: our line is, or was, put in by us */
	bool declined; /* include = declined */
	bool created;  /* file = created: there was none before us */
};

static int recall_line(const char *key, const char *value, void *cookie,
                       struct error *err)
{
	struct memory *memory = cookie;

	(void)err; /* what a newer cxssh may write there is no mistake */
	if (value == NULL)
		return 0;
	if (strcmp(key, "include") == 0) {
		memory->added = strcmp(value, "added") == 0;
		memory->declined = strcmp(value, "declined") == 0;
	}
	if (strcmp(key, "file") == 0)
		memory->created = strcmp(value, "created") == 0;
	return 0;
}

static int recall(const struct userfile *file, struct memory *memory, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = atomic_read(file->state, STATE_MAX, &text, err);

	*memory = (struct memory){ .added = false };
	if (rc == 1 && keyvalue_each(text.data, text.len, recall_line, memory, err) == -1)
		rc = error_prefix(err, "%s", file->state);
	strbuf_release(&text);
	return rc == -1 ? -1 : 0;
}

/* Nothing to remember is no file. */
static int remember(const struct userfile *file, const struct memory *memory,
                    struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = 0;

	if (memory->added || memory->declined)
		strbuf_addf(&text, "include = %s\n",
		            memory->added ? "added" : "declined");
	if (memory->created)
		strbuf_adds(&text, "file = created\n");
	if (text.len == 0 && unlink(file->state) == -1 && errno != ENOENT)
		rc = error_errno(err, ERROR_CONFIG, "cannot remove %s", file->state);
	if (text.len > 0)
		rc = atomic_update(file->state, text.data, text.len, 0600, NULL, err);
	strbuf_release(&text);
	return rc;
}

/* Lock, read the file, recall the rest. */
static int begin(const struct userfile *file, struct deadline until, struct edit *e,
                 struct memory *memory, struct error *err)
{
	char *lock = xasprintf("%s.lock", file->state);
	int rc = edit_begin(e, file->path, lock, until, err);

	free(lock);
	return rc == -1 ? -1 : recall(file, memory, err);
}

/*
 * Change the file so that it has something of ours, and what we remember along with
 * it: first, because a line that we do not know to be ours would stay for ever.
 */
static int commit_add(const struct userfile *file, struct edit *e,
                      const struct memory *old, const struct memory *memory,
                      struct error *err)
{
	struct error second = ERROR_INIT;

	if (remember(file, memory, err) == -1)
		return -1;
	if (edit_commit(e, err) == 0)
		return 0;
	(void)remember(file, old, &second);
	return -1;
}

/* Take it out again; for the same reason we forget it last. */
static int commit_remove(const struct userfile *file, struct edit *e,
                         struct memory *memory, struct error *err)
{
	bool ours_alone = memory->created && e->after.len == 0;

	e->removes = true;
	if ((ours_alone ? replace_delete(&e->old, err) : edit_commit(e, err)) == -1)
		return -1;
	memory->created = memory->created && !ours_alone;
	return remember(file, memory, err);
}

/* What a change is about, and what comes of it. */
struct request {
	bool insist;
	const char *block;
	size_t len;
	enum userfile_result *result;
};

typedef int change_fn(const struct userfile *file, const struct request *request,
                      struct deadline until, struct edit *e, struct error *err);

/* Make a change, and from the start again when somebody else's came between. */
static int make_change(const struct userfile *file, change_fn *change,
                       const struct request *request, struct deadline until,
                       struct error *err)
{
	enum { TRIES = 5 };
	int rc = -1;

	for (int i = 0; i < TRIES; i++) {
		struct edit e = EDIT_INIT;
		bool crossed;

		rc = change(file, request, until, &e, err);
		crossed = e.old.crossed;
		edit_release(&e);
		if (rc != -1 || !crossed)
			break;
	}
	return rc;
}

int userfile_read(const struct userfile *file, struct strbuf *text, struct error *err)
{
	return edit_read(file->path, text, err);
}

/* How things stand, from what is in the file and what we remember. */
static enum userfile_result judge(const struct userfile *file, const struct strbuf *text,
                                  const struct memory *memory, size_t *line)
{
	struct include_target target = { .home = file->home, .path = file->generated };
	size_t number = 0;
	enum include_state state = include_find(text->data, text->len, &target, &number);

	if (line != NULL)
		*line = number;
	if (state == INCLUDE_EFFECTIVE || state == INCLUDE_LATE)
		return USERFILE_PRESENT;
	if (state == INCLUDE_INEFFECTIVE)
		return USERFILE_INEFFECTIVE;
	if (memory->added)
		return USERFILE_TAKEN_OUT;
	return memory->declined ? USERFILE_DECLINED : USERFILE_ABSENT;
}

int userfile_look(const struct userfile *file, enum userfile_result *result, size_t *line,
                  struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct memory memory;
	int rc = -1;

	if (recall(file, &memory, err) == 0 && userfile_read(file, &text, err) != -1) {
		*result = judge(file, &text, &memory, line);
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
	struct memory memory;
	bool untouched = recall(file, &memory, &ignored) == 0 &&
	                 userfile_read(file, &text, &ignored) != -1 &&
	                 judge(file, &text, &memory, NULL) == USERFILE_ABSENT &&
	                 include_remove_block(text.data, text.len, &rest, &ignored) == 0;

	strbuf_release(&text);
	strbuf_release(&rest);
	return untouched;
}

static int add(const struct userfile *file, const struct request *request,
               struct deadline until, struct edit *e, struct error *err)
{
	struct memory old;
	struct memory memory;

	if (begin(file, until, e, &old, err) == -1)
		return -1;
	*request->result = judge(file, &e->old.before, &old, NULL);
	if (*request->result == USERFILE_PRESENT ||
	    (*request->result != USERFILE_ABSENT && !request->insist))
		return 0;
	include_add(e->old.before.data, e->old.before.len, &e->after);
	memory = (struct memory){ .added = true, .created = old.created || !e->old.exists };
	if (commit_add(file, e, &old, &memory, err) == -1) {
		if (err->code == ERROR_CONFIG)
			error_prefix(err,
			             "cannot add the line \"%s\", which must come first "
			             "in %s",
			             INCLUDE_LINE, file->path);
		return -1;
	}
	*request->result = USERFILE_ADDED;
	return 0;
}

int userfile_add(const struct userfile *file, bool insist, struct deadline until,
                 enum userfile_result *result, struct error *err)
{
	return make_change(file, add,
	                   &(struct request){ .insist = insist, .result = result }, until,
	                   err);
}

static int take_out(const struct userfile *file, const struct request *request,
                    struct deadline until, struct edit *e, struct error *err)
{
	struct memory memory;
	enum userfile_result now;
	int rc;

	if (begin(file, until, e, &memory, err) == -1)
		return -1;
	now = judge(file, &e->old.before, &memory, NULL);
	memory.declined = false;
	if (memory.added && include_has(e->old.before.data, e->old.before.len)) {
		memory.added = false;
		include_remove(e->old.before.data, e->old.before.len, &e->after);
		rc = commit_remove(file, e, &memory, err);
		*request->result = USERFILE_REMOVED;
	} else {
		memory.added = false;
		memory.created = memory.created && e->old.exists;
		rc = remember(file, &memory, err);
		*request->result =
			now == USERFILE_PRESENT || now == USERFILE_INEFFECTIVE ?
				USERFILE_NOT_OURS :
				USERFILE_ABSENT;
	}
	if (rc == -1 && err->code == ERROR_CONFIG)
		error_prefix(err, "cannot take \"%s\" out of %s", INCLUDE_LINE,
		             file->path);
	return rc;
}

int userfile_remove(const struct userfile *file, struct deadline until,
                    enum userfile_result *result, struct error *err)
{
	return make_change(file, take_out, &(struct request){ .result = result }, until,
	                   err);
}

int userfile_decline(const struct userfile *file, struct deadline until,
                     struct error *err)
{
	char *path = xasprintf("%s.lock", file->state);
	int lock = lock_take(path, until, err);
	struct memory memory;
	int rc = -1;

	if (lock != -1 && recall(file, &memory, err) == 0) {
		memory.declined = true;
		memory.added = false;
		rc = remember(file, &memory, err);
	}
	lock_release(lock);
	free(path);
	return rc;
}

static int add_block(const struct userfile *file, const struct request *request,
                     struct deadline until, struct edit *e, struct error *err)
{
	struct memory old;
	struct memory memory;
	int rc = begin(file, until, e, &old, err);

	if (rc == 0)
		rc = include_add_block(e->old.before.data, e->old.before.len, request->block,
		                       request->len, &e->after, err);
	if (rc == 0 && e->after.len == e->old.before.len &&
	    memcmp(e->after.data, e->old.before.data, e->after.len) == 0) {
		*request->result = USERFILE_PRESENT;
		return 0;
	}
	if (rc == 0) {
		memory = old;
		memory.created = old.created || !e->old.exists;
		rc = commit_add(file, e, &old, &memory, err);
		*request->result = USERFILE_ADDED;
	}
	if (rc == -1 && err->code == ERROR_CONFIG)
		error_prefix(err, "cannot write our hosts into %s", file->path);
	return rc;
}

int userfile_add_block(const struct userfile *file, const char *block, size_t len,
                       struct deadline until, enum userfile_result *result,
                       struct error *err)
{
	return make_change(file, add_block,
	                   &(struct request){
				   .block = block, .len = len, .result = result },
	                   until, err);
}

static int remove_block(const struct userfile *file, const struct request *request,
                        struct deadline until, struct edit *e, struct error *err)
{
	struct memory memory;
	int rc = begin(file, until, e, &memory, err);

	*request->result = USERFILE_ABSENT;
	if (rc == 0)
		rc = include_remove_block(e->old.before.data, e->old.before.len, &e->after, err);
	if (rc == 1) {
		rc = commit_remove(file, e, &memory, err);
		*request->result = USERFILE_REMOVED;
	}
	if (rc == -1 && err->code == ERROR_CONFIG)
		error_prefix(err, "cannot take our hosts out of %s", file->path);
	return rc;
}

int userfile_remove_block(const struct userfile *file, struct deadline until,
                          enum userfile_result *result, struct error *err)
{
	return make_change(file, remove_block, &(struct request){ .result = result },
	                   until, err);
}
