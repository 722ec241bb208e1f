/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "hostkey/fingerprint.h"
#include "hostkey/hashedname.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/knownhosts.h"
#include "hostkey/knownhostsedit.h"
#include "hostkey/knownhostsfile.h"
#include "runtime/lock.h"

enum { LOCK_MS = 5000 };

static bool is_among(struct kh_span span, const struct strvec *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (kh_span_is(span, list->items[i]))
			return true;
	}
	return false;
}

/* ---- forget ---- */

struct forgetting {
	const struct knownhostsedit_owner *owner;
	struct strvec names; /* the owner's, plain and in their hashed forms */
	struct strvec roles; /* likewise */
	struct strvec keys;  /* base64: those under the name that identifies it */
	struct knownhostsedit_forgotten *done;
};

static void add_forms(const char *text, const struct strvec *names, struct strvec *all)
{
	for (size_t i = 0; i < names->count; i++) {
		strvec_push(all, names->items[i]);
		kh_hashed_names(text, names->items[i], all);
	}
}

static void collect_keys(struct forgetting *f, const char *text)
{
	struct strvec forms = STRVEC_INIT;
	struct kh_line line;

	strvec_push(&forms, f->owner->names.items[0]);
	kh_hashed_names(text, f->owner->names.items[0], &forms);
	while (kh_next_line(&text, &line)) {
		struct kh_span list = line.names;
		struct kh_span name;

		if (line.kind != KH_PLAIN)
			continue;
		while (kh_next_name(&list, &name)) {
			if (is_among(name, &forms))
				strvec_pushf(&f->keys, "%.*s", (int)line.key.len,
				             line.key.at);
		}
	}
	strvec_release(&forms);
}

static void note_key(const struct kh_line *line, struct strvec *keys)
{
	char shown[FINGERPRINT_SIZE];
	char *key = xasprintf("%.*s %s", (int)line->type.len, line->type.at,
	                      fingerprint_of(line->key.at, line->key.len, shown));

	strvec_push_once(keys, key);
	free(key);
}

/* ssh writes a role's key under that name alone. */
static bool is_alone(const struct kh_line *line, struct kh_span name)
{
	return line->names.len == name.len;
}

static bool is_forgotten(const struct kh_line *line, struct kh_span name, void *cookie)
{
	struct forgetting *f = cookie;
	bool goes = is_among(name, &f->names);

	if (!goes && is_among(line->key, &f->keys))
		goes = kh_line_has_name(line, f->owner->names.items[0]) ?
		               hostkey_kind(name.at, name.len) == HOSTKEY_ROLE ||
		                       is_among(name, &f->roles) :
		               is_alone(line, name) && is_among(name, &f->roles);
	if (goes)
		note_key(line, &f->done->keys);
	return goes;
}

/* Note what the new text still says of the owner. */
static void note_rest(struct forgetting *f, const char *text)
{
	const char *name = f->owner->names.items[0];
	struct kh_line line;

	while (kh_next_line(&text, &line)) {
		if (line.kind == KH_NONE || !kh_match(&line, name))
			continue;
		if (line.kind == KH_REVOKED)
			note_key(&line, &f->done->revoked);
		else if (line.kind == KH_CERT_AUTHORITY)
			f->done->certified = true;
		else
			f->done->kept = true;
	}
}

static int forget_locked(struct forgetting *f, struct error *err)
{
	struct strbuf old = STRBUF_INIT;
	struct strbuf new = STRBUF_INIT;
	int rc = knownhostsfile_read(&old, err);

	if (rc == -1)
		goto out;
	add_forms(old.data, &f->owner->names, &f->names);
	add_forms(old.data, &f->owner->roles, &f->roles);
	collect_keys(f, old.data);
	if (kh_drop_names(old.data, is_forgotten, f, &new) > 0)
		rc = knownhostsfile_write(&new, err);
	note_rest(f, new.data);
out:
	strbuf_release(&old);
	strbuf_release(&new);
	return rc;
}

int knownhostsedit_forget(const struct knownhostsedit_owner *owner,
                          struct knownhostsedit_forgotten *done, struct error *err)
{
	struct forgetting f = { .owner = owner, .done = done };
	int lock = knownhostsfile_lock(deadline_in(LOCK_MS), err);
	int rc = -1;

	*done = (struct knownhostsedit_forgotten){ .kept = false };
	if (lock != -1)
		rc = forget_locked(&f, err);
	lock_release(lock);
	strvec_release(&f.names);
	strvec_release(&f.roles);
	strvec_release(&f.keys);
	return rc;
}

void knownhostsedit_forgotten_release(struct knownhostsedit_forgotten *done)
{
	strvec_release(&done->keys);
	strvec_release(&done->revoked);
}

/* ---- prune ---- */

struct pruning {
	knownhostsedit_keep_fn *keep;
	void *cookie;
};

/* The server whose key the line has, "cxssh-UID", or NULL.  The caller frees it. */
static char *owner_of(const struct kh_line *line)
{
	struct kh_span list = line->names;
	struct kh_span name;

	while (kh_next_name(&list, &name)) {
		if (hostkey_kind(name.at, name.len) == HOSTKEY_SERVER)
			return xstrndup(name.at, name.len);
	}
	return NULL;
}

static bool is_stale(const struct kh_line *line, struct kh_span name, void *cookie)
{
	const struct pruning *p = cookie;
	enum hostkey_kind kind = hostkey_kind(name.at, name.len);
	char *owner = NULL;
	char *text = NULL;
	bool stale = false;

	if ((kind == HOSTKEY_ROLE || kind == HOSTKEY_OTHER) &&
	    (owner = owner_of(line)) != NULL) {
		text = xstrndup(name.at, name.len);
		stale = !p->keep(owner, text, p->cookie);
	}
	free(owner);
	free(text);
	return stale;
}

int knownhostsedit_prune(knownhostsedit_keep_fn *keep, void *cookie, struct error *err)
{
	struct pruning p = { keep, cookie };
	struct strbuf old = STRBUF_INIT;
	struct strbuf new = STRBUF_INIT;
	int lock = knownhostsfile_lock(deadline_in(LOCK_MS), err);
	int rc = -1;

	if (lock != -1)
		rc = knownhostsfile_read(&old, err);
	if (rc == 0 && kh_drop_names(old.data, is_stale, &p, &new) > 0)
		rc = knownhostsfile_write(&new, err);
	lock_release(lock);
	strbuf_release(&old);
	strbuf_release(&new);
	return rc;
}

/* ---- list ---- */

int knownhostsedit_list(knownhostsedit_each_fn *each, void *cookie, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = knownhostsfile_read(&text, err);
	const char *rest = text.data;
	struct kh_line line;

	while (rc == 0 && kh_next_line(&rest, &line)) {
		char shown[FINGERPRINT_SIZE];

		if (line.kind != KH_NONE)
			each(&line, fingerprint_of(line.key.at, line.key.len, shown),
			     cookie);
	}
	strbuf_release(&text);
	return rc;
}

bool knownhostsedit_knows(const struct knownhostsedit_owner *owner)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	bool knows = false;

	if (knownhostsfile_read(&text, &ignored) == 0) {
		for (size_t i = 0; i < owner->names.count && !knows; i++)
			knows = kh_knows(text.data, owner->names.items[i]);
	}
	strbuf_release(&text);
	return knows;
}
