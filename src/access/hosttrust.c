#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access/hosttrust.h"
#include "access/knownhosts.h"
#include "base/atomic.h"
#include "base/dirs.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/strbuf.h"

enum { FILE_MAX = 64 * 1024 * 1024, LOCK_MS = 5000, KEYGEN_MS = 2000 };

static char *lowercase_name(const char *prefix, const char *rest)
{
	char *name = xasprintf("%s%s", prefix, rest);

	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return name;
}

char *hosttrust_name(const char *target)
{
	return lowercase_name("cxssh-", target);
}

char *hosttrust_gateway_name(const char *address)
{
	return lowercase_name("cxssh-gateway-", address);
}

char *hosttrust_path(void)
{
	return dirs_ssh("cxssh/known_hosts");
}

static int lock_file(struct error *err)
{
	char *path = dirs_cache("lock/known_hosts");
	int lock = lock_take(path, deadline_in(LOCK_MS), err);

	free(path);
	return lock;
}

/*
 * Hashed names hide from all who do not ask for the right one, so the question
 * goes to ssh-keygen; its answer joins text under the plain name.
 */
static int add_hashed(const char *path, const char *name, struct strbuf *text,
                      struct error *err)
{
	struct strbuf said = STRBUF_INIT;
	char *keygen = dirs_tool("ssh-keygen");
	char *argv[] = { keygen,           (char[]){ "-F" }, (char *)name,
		         (char[]){ "-f" }, (char *)path,     NULL };
	int status;
	int rc = -1;

	if (spawn_run(argv, deadline_in(KEYGEN_MS), &said, &status, err) == -1 ||
	    status > 1) {
		/* It may hide the very key that we should refuse another one for. */
		error_set(err, ERROR_TRUST,
		          "%s has hashed names, and ssh-keygen cannot look "
		          "them up",
		          path);
		goto out;
	}
	for (const char *line = said.data; *line != '\0';) {
		size_t len = strcspn(line, "\n");
		const char *hash = strstr(line, "|1|");

		if (hash != NULL && hash < line + len && *line != '#') {
			size_t word = strcspn(hash, " \t\n");

			strbuf_add(text, line, (size_t)(hash - line));
			strbuf_adds(text, name);
			strbuf_add(text, hash + word, len - (size_t)(hash - line) - word);
			strbuf_adds(text, "\n");
		}
		line += len + (line[len] == '\n');
	}
	rc = 0;
out:
	free(keygen);
	strbuf_release(&said);
	return rc;
}

/* What the file at path may say of name: its lines, hashed ones made plain. */
static int read_lines(const char *path, const char *name, struct strbuf *text,
                      struct error *err)
{
	if (atomic_read(path, FILE_MAX, text, err) == -1)
		return -1;
	if (text->len > 0 && text->data[text->len - 1] != '\n')
		strbuf_adds(text, "\n");
	if (strstr(text->data, "|1|") != NULL)
		return add_hashed(path, name, text, err);
	return 0;
}

static enum knownhosts_verdict ask(const char *path, const char *name,
                                   const unsigned char *blob, size_t len,
                                   struct error *err)
{
	enum knownhosts_verdict verdict = KNOWNHOSTS_REVOKED;
	struct strbuf text = STRBUF_INIT;

	if (read_lines(path, name, &text, err) == 0)
		verdict = knownhosts_check(text.data, name, blob, len);
	strbuf_release(&text);
	return verdict;
}

/* Say why a verdict other than a match is no. */
static int refuse(const struct hosttrust_peer *peer, enum knownhosts_verdict verdict,
                  const char *path, const char *name, struct error *err)
{
	char *file = dirs_shorten(path);

	if (err->code != ERROR_NONE) {
		error_prefix(err, "host key of %s", peer->called);
	} else if (verdict == KNOWNHOSTS_REVOKED) {
		error_set(err, ERROR_TRUST, "the host key of %s is marked @revoked in %s",
		          peer->called, file);
	} else {
		error_set(err, ERROR_TRUST,
		          "the host key of %s is not the one in %s; if you expected this "
		          "change",
		          peer->called, file);
		error_hint(err, "ssh-keygen -R %s -f %s", name, file);
	}
	free(file);
	return -1;
}

/* Does our own file allow the key?  1 yes, 0 it does not know, -1 no. */
static int ask_ours(const struct hosttrust_peer *peer, const unsigned char *blob,
                    size_t len, struct error *err)
{
	char *path = hosttrust_path();
	enum knownhosts_verdict verdict = ask(path, peer->names.items[0], blob, len, err);
	int rc = verdict == KNOWNHOSTS_MATCH ? 1 : 0;

	if (verdict == KNOWNHOSTS_CHANGED || verdict == KNOWNHOSTS_REVOKED)
		rc = refuse(peer, verdict, path, peer->names.items[0], err);
	free(path);
	return rc;
}

/* Does the user's file speak against a key that ours does not know? */
static int ask_users(const struct hosttrust_peer *peer, const unsigned char *blob,
                     size_t len, struct error *err)
{
	char *path = dirs_ssh("known_hosts");
	struct error trouble = ERROR_INIT;
	enum knownhosts_verdict verdict = KNOWNHOSTS_UNKNOWN;
	int rc = 0;

	/* That their file cannot be read is no reason to refuse: it is not ours. */
	if (peer->address != NULL && access(path, R_OK) == 0)
		verdict = ask(path, peer->address, blob, len, &trouble);
	if (trouble.code == ERROR_TRUST) {
		*err = trouble;
		rc = -1;
	} else if (trouble.code == ERROR_NONE &&
	           (verdict == KNOWNHOSTS_CHANGED || verdict == KNOWNHOSTS_REVOKED))
		rc = refuse(peer, verdict, path, peer->address, err);
	if (rc == 0)
		log_step("host key of %s: first contact, %s", peer->called,
		         verdict == KNOWNHOSTS_MATCH ? "known from ~/.ssh/known_hosts" :
		                                       "learnt");
	free(path);
	return rc;
}

static int write_ours(const struct strbuf *text, struct error *err)
{
	char *path = hosttrust_path();
	int rc = dirs_make_for(path, err);

	if (rc == 0)
		rc = atomic_update(path, text->data, text->len, 0600, NULL, err);
	free(path);
	return rc;
}

/* The file as it is, with a final newline, so that a line can follow. */
static int read_ours(struct strbuf *text, struct error *err)
{
	char *path = hosttrust_path();
	int rc = atomic_read(path, FILE_MAX, text, err);

	free(path);
	if (rc == -1)
		return -1;
	if (text->len > 0 && text->data[text->len - 1] != '\n')
		strbuf_adds(text, "\n");
	return 0;
}

/* Append the key under the peer's names.  The lock is held. */
static int learn(const struct hosttrust_peer *peer, const unsigned char *blob, size_t len,
                 struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = -1;

	if (read_ours(&text, err) == -1)
		goto out;
	if (knownhosts_line(&text, &peer->names, blob, len) == -1) {
		error_set(err, ERROR_UNAVAILABLE, "%s showed a host key of no known form",
		          peer->called);
		goto out;
	}
	rc = write_ours(&text, err);
out:
	strbuf_release(&text);
	return rc;
}

static int add_names_locked(const struct strvec *names, struct error *err)
{
	struct strbuf old = STRBUF_INIT;
	struct strbuf new = STRBUF_INIT;
	int rc = read_ours(&old, err);

	if (rc == 0 && knownhosts_rename(old.data, names, &new))
		rc = write_ours(&new, err);
	strbuf_release(&old);
	strbuf_release(&new);
	return rc;
}

static int decide(const struct hosttrust_peer *peer, const unsigned char *blob,
                  size_t len, bool may_learn, struct error *err)
{
	int known = ask_ours(peer, blob, len, err);

	if (known == 1)
		return add_names_locked(&peer->names, err);
	if (known == -1)
		return -1;
	if (!may_learn)
		return error_set(err, ERROR_TRUST, "the host key of %s is not known",
		                 peer->called);
	if (ask_users(peer, blob, len, err) == -1)
		return -1;
	return learn(peer, blob, len, err);
}

static int decide_locked(const struct hosttrust_peer *peer, const unsigned char *blob,
                         size_t len, bool may_learn, struct error *err)
{
	int lock = lock_file(err);
	int rc;

	if (lock == -1)
		return -1;
	err->code = ERROR_NONE;
	rc = decide(peer, blob, len, may_learn, err);
	lock_release(lock);
	return rc;
}

int hosttrust_accept(const struct hosttrust_peer *peer, const unsigned char *blob,
                     size_t len, struct error *err)
{
	return decide_locked(peer, blob, len, true, err);
}

int hosttrust_check(const struct hosttrust_peer *peer, const unsigned char *blob,
                    size_t len, struct error *err)
{
	return decide_locked(peer, blob, len, false, err);
}

void hosttrust_types(const struct hosttrust_peer *peer, struct strvec *types)
{
	struct error ignored = ERROR_INIT;
	char *paths[2] = { hosttrust_path(), dirs_ssh("known_hosts") };
	const char *names[2] = { peer->names.items[0], peer->address };

	for (size_t i = 0; i < 2; i++) {
		struct strbuf text = STRBUF_INIT;

		if (names[i] != NULL && types->count == 0 &&
		    read_lines(paths[i], names[i], &text, &ignored) == 0)
			knownhosts_types(text.data, names[i], types);
		strbuf_release(&text);
		free(paths[i]);
	}
}

bool hosttrust_has(const struct strvec *names)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	bool has = read_ours(&text, &ignored) == 0 && knownhosts_lists(text.data, names);

	strbuf_release(&text);
	return has;
}

int hosttrust_add_names(const struct strvec *names, struct error *err)
{
	int lock = lock_file(err);
	int rc;

	if (lock == -1)
		return -1;
	rc = add_names_locked(names, err);
	lock_release(lock);
	return rc;
}

int hosttrust_touch(struct error *err)
{
	char *path = hosttrust_path();
	int rc = access(path, F_OK);

	if (rc == -1 && (rc = dirs_make_for(path, err)) == 0)
		rc = atomic_write(path, "", 0, 0600, err);
	free(path);
	return rc;
}
