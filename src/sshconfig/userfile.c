/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/keyvalue.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "bastion/sshdump.h"
#include "runtime/atomic.h"
#include "runtime/lock.h"
#include "runtime/paths.h"
#include "runtime/replace.h"
#include "sshconfig/include.h"
#include "sshconfig/userfile.h"
#include "sshconfig/validate.h"

enum { STATE_MAX = 4096 };

/* What we remember of the user's file. */
struct memory {
	bool added;         /* include = added: our line is, or was, put in by us */
	bool declined;      /* include = declined */
	bool last_added;    /* last = added: so are our lines at the end */
	bool last_declined; /* last = declined */
	bool created;       /* file = created: there was none before us */
};

static int recall_line(const char *key, const char *value, void *cookie,
                       struct error *err)
{
	struct memory *memory = cookie;

	(void)err; /* keys of a newer cxssh are skipped */
	if (value == NULL)
		return 0;
	if (strcmp(key, "include") == 0) {
		memory->added = strcmp(value, "added") == 0;
		memory->declined = strcmp(value, "declined") == 0;
	}
	if (strcmp(key, "last") == 0) {
		memory->last_added = strcmp(value, "added") == 0;
		memory->last_declined = strcmp(value, "declined") == 0;
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

/* Write the state file; remove it where there is nothing to remember. */
static int remember(const struct userfile *file, const struct memory *memory,
                    struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = 0;

	if (memory->added || memory->declined)
		strbuf_addf(&text, "include = %s\n",
		            memory->added ? "added" : "declined");
	if (memory->last_added || memory->last_declined)
		strbuf_addf(&text, "last = %s\n",
		            memory->last_added ? "added" : "declined");
	if (memory->created)
		strbuf_adds(&text, "file = created\n");
	if (text.len == 0 && unlink(file->state) == -1 && errno != ENOENT)
		rc = error_errno(err, ERROR_CONFIG, "cannot remove %s", file->state);
	if (text.len > 0)
		rc = atomic_update(file->state, text.data, text.len, 0600, NULL, err);
	strbuf_release(&text);
	return rc;
}

/* One try of a change, with the lock held. */
struct edit {
	const struct userfile *file;
	struct deadline until;
	struct replace old;
	struct strbuf after;
	struct memory memory; /* as it was before the change */
	bool removes;         /* after is before without our line or block */
	int lock;
};

static int begin(struct edit *e, struct error *err)
{
	char *lock = xasprintf("%s.lock", e->file->state);

	e->lock = lock_take(lock, e->until, err);
	free(lock);
	if (e->lock == -1 ||
	    replace_begin(&e->old, e->file->path, USERFILE_MAX, err) == -1)
		return -1;
	return recall(e->file, &e->memory, err);
}

/* The backup is of the state before the first change; later ones keep it. */
static int keep_backup(const struct replace *old, struct error *err)
{
	char *backup = xasprintf("%s.cxssh-backup", old->path);
	struct stat st;
	int rc = 0;

	if (old->exists && lstat(backup, &st) == -1)
		rc = errno == ENOENT ? atomic_write(backup, old->before.data,
		                                    old->before.len, 0600, err) :
		                       error_errno(err, ERROR_CONFIG, "%s", backup);
	free(backup);
	return rc;
}

/* ssh must take the file before and after, and give other hosts the same settings.  A
 * file that ssh refuses may change only if that mends it: our line, or what it includes,
 * was the cause. */
static int check_with_ssh(struct edit *e, const char *draft, struct error *err)
{
	const char *now = e->old.exists ? e->old.real : "/dev/null";
	struct strbuf before = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	int rc = sshdump_config(now, SSHDUMP_FOREIGN, e->until, &before, err);

	if (rc == 0) {
		rc = validate_others(draft, before.data, e->until, err);
		if (rc == -1)
			error_prefix(err, "%s was left as it was", e->file->path);
	} else if (e->removes && err->code == ERROR_CONFIG &&
	           sshdump_config(draft, SSHDUMP_FOREIGN, e->until, &before, &ignored) ==
	                   0) {
		rc = 0;
	} else {
		error_prefix(err, "%s must be mended first", e->file->path);
	}
	strbuf_release(&before);
	return rc;
}

static int commit(struct edit *e, struct error *err)
{
	struct replace *old = &e->old;
	struct tmpfile draft = TMPFILE_INIT;

	if (old->exists && strbuf_same(&e->after, &old->before))
		return 0;
	if (e->after.len > USERFILE_MAX) /* it could not be read again */
		return error_set(err, ERROR_CONFIG,
		                 "%s would become longer than %d bytes", old->path,
		                 USERFILE_MAX);
	if (strcmp(old->real, old->path) == 0 && paths_make_for(old->path, err) == -1)
		return -1;
	if (replace_draft(old, e->after.data, e->after.len, 0600, &draft, err) == 0 &&
	    check_with_ssh(e, draft.name, err) == 0 && keep_backup(old, err) == 0)
		return replace_commit(old, &draft, err);
	tmpfile_release(&draft);
	return -1;
}

/* Add our line or block.  The state is written first: a line that it does not know to be
 * ours would stay for ever. */
static int commit_add(struct edit *e, const struct memory *memory, struct error *err)
{
	struct error second = ERROR_INIT;

	if (remember(e->file, memory, err) == -1)
		return -1;
	if (commit(e, err) == 0)
		return 0;
	(void)remember(e->file, &e->memory, &second);
	return -1;
}

/* Take it out again.  For the same reason the state is written last. */
static int commit_remove(struct edit *e, struct memory *memory, struct error *err)
{
	bool only_ours = memory->created && e->after.len == 0;

	e->removes = true;
	if ((only_ours ? replace_delete(&e->old, err) : commit(e, err)) == -1)
		return -1;
	memory->created = memory->created && !only_ours;
	return remember(e->file, memory, err);
}

/* What a change is about, and what comes of it. */
struct request {
	bool insist;
	const char *block;
	size_t len;
	enum userfile_result *result;
};

typedef int change_fn(struct edit *e, const struct request *request, struct error *err);

/* Make a change; start again when another program changed the file meanwhile. */
static int make_change(const struct userfile *file, change_fn *change,
                       const struct request *request, struct deadline until,
                       struct error *err)
{
	enum { TRIES = 5 };
	bool again = true;
	int rc = -1;

	for (int i = 0; i < TRIES && again; i++) {
		struct edit e = { .file = file,
			          .until = until,
			          .old = REPLACE_INIT,
			          .after = STRBUF_INIT };

		rc = begin(&e, err);
		if (rc == 0)
			rc = change(&e, request, err);
		again = rc == -1 && e.old.crossed;
		replace_release(&e.old);
		strbuf_release(&e.after);
		lock_release(e.lock);
	}
	return rc;
}

int userfile_read(const struct userfile *file, struct strbuf *text, struct error *err)
{
	return atomic_read(file->path, USERFILE_MAX, text, err);
}

/* The state of the file, from its text and what we remember. */
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

/* The state of our lines at the end. */
static enum userfile_result judge_last(const struct strbuf *text,
                                       const struct memory *memory)
{
	if (include_has_last(text->data, text->len))
		return USERFILE_PRESENT;
	if (memory->last_added)
		return USERFILE_TAKEN_OUT;
	return memory->last_declined ? USERFILE_DECLINED : USERFILE_ABSENT;
}

int userfile_look_last(const struct userfile *file, enum userfile_result *result,
                       struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct memory memory;
	int rc = -1;

	if (recall(file, &memory, err) == 0 && userfile_read(file, &text, err) != -1) {
		*result = judge_last(&text, &memory);
		if (*result == USERFILE_ABSENT &&
		    !(memory.added && include_has(text.data, text.len)) &&
		    judge(file, &text, &memory, NULL) == USERFILE_PRESENT)
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
	                 judge_last(&text, &memory) == USERFILE_ABSENT &&
	                 include_remove_block(text.data, text.len, &rest, &ignored) == 0;

	strbuf_release(&text);
	strbuf_release(&rest);
	return untouched;
}

/* Are lines in this state to be added? */
static bool is_wanted(enum userfile_result state, bool insist)
{
	return state != USERFILE_PRESENT && (state == USERFILE_ABSENT || insist);
}

static bool wants_last(const struct edit *e, bool insist)
{
	return e->file->last && is_wanted(judge_last(&e->old.before, &e->memory), insist);
}

/* The text with our line first, or with those at the end, or both. */
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

static int add(struct edit *e, const struct request *request, struct error *err)
{
	const struct strbuf *text = &e->old.before;
	struct memory memory = e->memory;
	enum userfile_result now = judge(e->file, text, &e->memory, NULL);
	bool first = is_wanted(now, request->insist);
	bool last = wants_last(e, request->insist) && (first || now == USERFILE_PRESENT);

	*request->result = now;
	if (!first && !last)
		return 0;
	memory.added = memory.added || first;
	memory.last_added = memory.last_added || last;
	memory.declined = memory.declined && !first;
	memory.last_declined = memory.last_declined && !last;
	memory.created = memory.created || !e->old.exists;
	userfile_compose(text, first, last, &e->after);
	if (commit_add(e, &memory, err) == -1) {
		if (err->code == ERROR_CONFIG)
			error_prefix(err,
			             "cannot add the line \"%s\", which must come first "
			             "in %s, and \"%s\" with \"%s\" below at its end",
			             INCLUDE_LINE, e->file->path, INCLUDE_LAST_HOST,
			             INCLUDE_LAST);
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

/* The text without what we added; true if there was any of it. */
static bool without_ours(const struct strbuf *text, const struct memory *memory,
                         struct strbuf *out)
{
	struct strbuf middle = STRBUF_INIT;
	bool first = memory->added && include_has(text->data, text->len);
	bool last;

	if (first)
		include_remove(text->data, text->len, &middle);
	else
		strbuf_add(&middle, text->data, text->len);
	last = memory->last_added && include_has_last(middle.data, middle.len);
	if (last)
		include_remove_last(middle.data, middle.len, out);
	else
		strbuf_add(out, middle.data, middle.len);
	strbuf_release(&middle);
	return first || last;
}

static int take_out(struct edit *e, const struct request *request, struct error *err)
{
	const struct strbuf *text = &e->old.before;
	enum userfile_result now = judge(e->file, text, &e->memory, NULL);
	bool theirs = !e->memory.added || !include_has(text->data, text->len);
	struct memory memory = { .created = e->memory.created };
	int rc;

	*request->result = USERFILE_REMOVED;
	if (without_ours(text, &e->memory, &e->after)) {
		rc = commit_remove(e, &memory, err);
	} else {
		memory.created = memory.created && e->old.exists;
		rc = remember(e->file, &memory, err);
		*request->result = USERFILE_ABSENT;
	}
	if (theirs && (now == USERFILE_PRESENT || now == USERFILE_INEFFECTIVE))
		*request->result = USERFILE_NOT_OURS;
	if (rc == -1 && err->code == ERROR_CONFIG)
		error_prefix(err, "cannot take \"%s\" out of %s", INCLUDE_LINE,
		             e->file->path);
	return rc;
}

int userfile_remove(const struct userfile *file, struct deadline until,
                    enum userfile_result *result, struct error *err)
{
	return make_change(file, take_out, &(struct request){ .result = result }, until,
	                   err);
}

/* Where the first line is in the file, the answer is about those at the end alone. */
static int decline(const struct userfile *file, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct memory memory;
	int rc = -1;

	if (recall(file, &memory, err) == 0 && userfile_read(file, &text, err) != -1) {
		if (judge(file, &text, &memory, NULL) != USERFILE_PRESENT) {
			memory.declined = true;
			memory.added = false;
		}
		memory.last_declined = file->last;
		memory.last_added = memory.last_added && !file->last;
		rc = remember(file, &memory, err);
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

static int add_block(struct edit *e, const struct request *request, struct error *err)
{
	struct memory memory = e->memory;
	struct strbuf text = STRBUF_INIT;
	int rc;

	(void)without_ours(&e->old.before, &memory, &text);
	memory.last_added = false;
	rc = include_add_block(text.data, text.len, request->block, request->len,
	                       &e->after, err);
	strbuf_release(&text);
	if (rc == 0 && strbuf_same(&e->after, &e->old.before)) {
		*request->result = USERFILE_PRESENT;
		return 0;
	}
	memory.created = memory.created || !e->old.exists;
	if (rc == 0)
		rc = commit_add(e, &memory, err);
	*request->result = USERFILE_ADDED;
	if (rc == -1 && err->code == ERROR_CONFIG)
		error_prefix(err, "cannot write our hosts into %s", e->file->path);
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

static int remove_block(struct edit *e, const struct request *request, struct error *err)
{
	struct memory memory = e->memory;
	int rc = include_remove_block(e->old.before.data, e->old.before.len, &e->after,
	                              err);

	*request->result = rc == 1 ? USERFILE_REMOVED : USERFILE_ABSENT;
	if (rc == 1)
		rc = commit_remove(e, &memory, err);
	if (rc == -1 && err->code == ERROR_CONFIG)
		error_prefix(err, "cannot take our hosts out of %s", e->file->path);
	return rc;
}

int userfile_remove_block(const struct userfile *file, struct deadline until,
                          enum userfile_result *result, struct error *err)
{
	return make_change(file, remove_block, &(struct request){ .result = result },
	                   until, err);
}
