/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "base/error.h"
#include "base/keyvalue.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "runtime/config.h"
#include "runtime/configedit.h"
#include "runtime/lock.h"
#include "runtime/replace.h"

enum { LOCK_MS = 5000 };

/* Is this line of the user's file "<key> <name> = ..."; for an empty name "<key> = ..."?
 */
static bool is_line_of(const char *line, size_t len, const char *key, const char *name)
{
	char *copy = xstrndup(line, len);
	char *equals = strchr(copy, '=');
	const char *rest;
	bool same = false;

	if (equals != NULL) {
		*equals = '\0';
		same = config_key_is(keyvalue_trim(copy), key, &rest) &&
		       strcmp(rest, name) == 0;
	}
	free(copy);
	return same;
}

static void put_line(struct strbuf *new, const char *key, const char *name,
                     const char *value)
{
	strbuf_addf(new, "%s%s%s = %s\n", key, name[0] != '\0' ? " " : "", name, value);
}

void config_put_named(const struct strbuf *old, const char *key, const char *name,
                      const char *value, struct strbuf *new)
{
	const char *end = old->data + old->len;
	bool done = false;

	for (const char *line = old->data; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *next = newline != NULL ? newline + 1 : end;
		size_t len = (size_t)((newline != NULL ? newline : end) - line);

		if (!is_line_of(line, len, key, name)) {
			strbuf_add(new, line, (size_t)(next - line));
		} else if (!done) {
			put_line(new, key, name, value);
			done = true;
		}
		line = next;
	}
	if (done)
		return;
	if (new->len > 0 && new->data[new->len - 1] != '\n')
		strbuf_adds(new, "\n");
	put_line(new, key, name, value);
}

/* Would it be read back as it is?  Of the keys here only identity has no name. */
static bool fits_a_line(const char *key, const char *name, const char *value)
{
	return (name[0] != '\0' || strcmp(key, "identity") == 0) &&
	       strpbrk(name, "=\r\n") == NULL && strpbrk(value, "\r\n") == NULL;
}

static int change(const char *path, const char *key, const char *name, const char *value,
                  struct error *err)
{
	struct replace old = REPLACE_INIT;
	struct strbuf new = STRBUF_INIT;
	int rc = replace_begin(&old, path, CONFIG_FILE_MAX, err);

	if (rc == 0) {
		config_put_named(&old.before, key, name, value, &new);
		rc = replace_content(&old, new.data, new.len, err);
	}
	replace_release(&old);
	strbuf_release(&new);
	return rc;
}

int config_write(const char *key, const char *name, const char *value, struct error *err)
{
	enum { TRIES = 5 };
	char *path = config_path();
	char *lock_path = xasprintf("%s.lock", path);
	int lock = -1;
	int rc = -1;

	if (!fits_a_line(key, name, value)) {
		error_set(err, ERROR_CONFIG, "%s: does not fit into a line", key);
		goto out;
	}
	lock = lock_take(lock_path, deadline_in(LOCK_MS), err);
	if (lock == -1)
		goto out;
	/* Start again when another program changed the file meanwhile. */
	for (int i = 0; i < TRIES; i++) {
		err->code = ERROR_NONE;
		rc = change(path, key, name, value, err);
		if (rc == 0 || err->code != ERROR_RETRY)
			break;
	}
	if (rc == -1)
		error_prefix(err, "cannot put \"%s %s = %s\" into %s", key, name, value,
		             path);
out:
	lock_release(lock);
	free(lock_path);
	free(path);
	return rc;
}
