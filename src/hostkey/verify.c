/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "hostkey/hashedname.h"
#include "hostkey/hostkeyalias.h"
#include "hostkey/keytypes.h"
#include "hostkey/knownhosts.h"
#include "hostkey/knownhostsfile.h"
#include "hostkey/knownhostslookup.h"
#include "hostkey/verify.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"

/* The error for a file that refuses the key; remedy is the command for KH_KEY_CHANGED. */
static int refuse(const struct hostkey_peer *peer, enum kh_verdict verdict,
                  const char *file, const char *remedy, struct error *err)
{
	if (verdict == KH_KEY_REVOKED)
		return error_set(err, ERROR_TRUST,
		                 "the host key of %s is marked @revoked in %s",
		                 peer->called, file);
	return error_set(err, ERROR_TRUST,
	                 "the host key of %s is not the one in %s; if you expected this "
	                 "change, run: %s",
	                 peer->called, file, remedy);
}

/* By the name that identifies the peer; but a key that is revoked under any of its names
 * is refused: the line is about that name. */
static enum kh_verdict check_own(const char *text, const struct hostkey_peer *peer,
                                 const unsigned char *blob, size_t len)
{
	const struct strvec *names = &peer->names;
	struct strbuf key = STRBUF_INIT;
	bool revoked;

	base64_encode(blob, len, &key);
	revoked = kh_is_revoked(text, names, (struct kh_span){ key.data, key.len },
	                        kh_match);
	strbuf_release(&key);
	return revoked ? KH_KEY_REVOKED : kh_check(text, names->items[0], blob, len);
}

/* Does the user's file allow the key?  A key that cxssh's file knows may differ there,
 * but one that is revoked in either file is refused. */
static int ask_users(const struct hostkey_peer *peer, const unsigned char *blob,
                     size_t len, bool known, struct error *err)
{
	enum kh_verdict verdict = KH_KEY_UNKNOWN;
	struct strbuf text = STRBUF_INIT;
	int rc = 0;

	if (peer->address == NULL)
		return 0;
	if (knownhostsfile_read_users(&text, err) == -1)
		rc = error_prefix(err, "host key of %s", peer->called);
	else
		verdict = kh_check(text.data, peer->address, blob, len);
	if (verdict == KH_KEY_REVOKED || (verdict == KH_KEY_CHANGED && !known)) {
		char *remedy = xasprintf("ssh-keygen -R %s -f ~/.ssh/known_hosts",
		                         peer->address);

		rc = refuse(peer, verdict, "~/.ssh/known_hosts", remedy, err);
		free(remedy);
	}
	strbuf_release(&text);
	if (rc == 0 && !known)
		log_step("host key of %s: first contact, %s", peer->called,
		         verdict == KH_KEY_MATCH ? "known from ~/.ssh/known_hosts" :
		                                   "learnt");
	return rc;
}

/* Append the key under the peer's names to text, which is the file's, and write it. */
static int learn(struct strbuf *text, const struct hostkey_peer *peer,
                 const unsigned char *blob, size_t len, struct error *err)
{
	if (kh_format_line(text, &peer->names, blob, len) == -1)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "%s showed a host key of no known form", peer->called);
	return knownhostsfile_write(text, err);
}

static int add_names(const struct strbuf *text, const struct strvec *names,
                     struct error *err)
{
	struct strbuf changed = STRBUF_INIT;
	int rc = kh_add_names(text->data, names, &changed) ?
	                 knownhostsfile_write(&changed, err) :
	                 0;

	strbuf_release(&changed);
	return rc;
}

/* The name that identifies, as a list; borrowed. */
static struct strvec first_of(const struct strvec *names)
{
	return (struct strvec){ .items = names->items, .count = 1 };
}

/* The decision on text, which is cxssh's file; the lock is held. */
static int decide(struct strbuf *text, const struct hostkey_peer *peer,
                  const unsigned char *blob, size_t len, struct error *err)
{
	enum kh_verdict verdict = check_own(text->data, peer, blob, len);
	const struct strvec own = first_of(&peer->names);
	bool known = verdict == KH_KEY_MATCH;

	if (verdict == KH_KEY_CHANGED || verdict == KH_KEY_REVOKED) {
		char *remedy = xasprintf("cxssh hostkey forget %s", peer->called);

		(void)refuse(peer, verdict, "~/.ssh/cxssh/known_hosts", remedy, err);
		free(remedy);
		return -1;
	}
	/* Nothing is learnt then, and libssh2 takes no certificate. */
	if (!known && kh_has_ca(text->data, &own, kh_match))
		return error_set(err, ERROR_TRUST,
		                 "%s needs a host certificate (@cert-authority in "
		                 "~/.ssh/cxssh/known_hosts), and only OpenSSH can check "
		                 "one",
		                 peer->called);
	if (ask_users(peer, blob, len, known, err) == -1)
		return -1;
	/* A key that is known by a hash or a pattern gets a line of its own as well: the
	 * proxy looks for plain names only. */
	return known && kh_has_name(text->data, &own, kh_match) ?
	               add_names(text, &peer->names, err) :
	               learn(text, peer, blob, len, err);
}

/* Is the key the one under all of the names, on a line of its own: with nothing to write?
 * A file is only ever replaced whole, so that this needs no lock. */
static bool is_as_known(const struct hostkey_peer *peer, const unsigned char *blob,
                        size_t len)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	bool known = knownhostsfile_read(&text, &ignored) == 0 &&
	             check_own(text.data, peer, blob, len) == KH_KEY_MATCH &&
	             kh_has_name(text.data, &peer->names, kh_match) &&
	             ask_users(peer, blob, len, true, &ignored) == 0;

	strbuf_release(&text);
	return known;
}

int hostkey_verify_or_learn(const struct hostkey_peer *peer, const unsigned char *blob,
                            size_t len, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int lock;
	int rc;

	if (is_as_known(peer, blob, len))
		return 0;
	lock = knownhostsfile_lock(peer->until, err);
	if (lock == -1)
		return -1;
	if (knownhostsfile_read(&text, err) == -1)
		rc = error_prefix(err, "host key of %s", peer->called);
	else
		rc = decide(&text, peer, blob, len, err);
	lock_release(lock);
	strbuf_release(&text);
	return rc;
}

/* Push the key types that the roles among the peer's names are known by. */
static void role_types(const char *text, const struct strvec *names, struct strvec *types)
{
	for (size_t i = 1; i < names->count; i++) {
		if (hostkey_kind(names->items[i], strlen(names->items[i])) ==
		    HOSTKEY_ROLE)
			kh_types(text, names->items[i], types);
	}
	keytypes_sort(types);
}

void hostkey_types(const struct hostkey_peer *peer, struct strvec *types,
                   struct strvec *of_roles)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;

	if (knownhostsfile_read(&text, &ignored) == 0) {
		kh_types(text.data, peer->names.items[0], types);
		if (of_roles != NULL)
			role_types(text.data, &peer->names, of_roles);
	}
	strbuf_clear(&text);
	if (peer->address != NULL && types->count == 0 &&
	    knownhostsfile_read_users(&text, &ignored) == 0)
		kh_types(text.data, peer->address, types);
	strbuf_release(&text);
	keytypes_sort(types);
}

bool hostkey_users_know(const char *address)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	bool known = knownhostsfile_read_users(&text, &ignored) == 0 &&
	             kh_knows(text.data, address);

	strbuf_release(&text);
	return known;
}

/* Append "type base64" for each key that is @revoked for address. */
static void add_revoked(const char *text, const char *address, struct strbuf *keys)
{
	struct kh_line line;

	while (kh_next_line(&text, &line)) {
		/* One that ssh cannot read would make it refuse every key. */
		if (line.kind == KH_REVOKED && kh_match(&line, address) &&
		    kh_line_is_valid(&line))
			strbuf_addf(keys, "%.*s %.*s\n", (int)line.type.len, line.type.at,
			            (int)line.key.len, line.key.at);
	}
}

int hostkey_of_bastion(const char *address, struct hostkey_of_bastion *known,
                       struct error *err)
{
	char *name = hostkey_gateway_alias(address);
	struct strvec names = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT;
	int rc = -1;

	*known = (struct hostkey_of_bastion){ .revoked = STRBUF_INIT };
	strvec_push(&names, name);
	if (knownhostsfile_read(&text, err) == -1)
		goto out;
	known->own = kh_knows(text.data, name) || kh_has_ca(text.data, &names, kh_match);
	strbuf_clear(&text);
	if (knownhostsfile_read_users(&text, err) == -1)
		goto out;
	known->users = kh_knows(text.data, address);
	add_revoked(text.data, address, &known->revoked);
	rc = 0;
out:
	strvec_release(&names);
	strbuf_release(&text);
	free(name);
	return rc;
}

int hostkey_add_names(const struct strvec *names, struct deadline until,
                      struct error *err)
{
	int lock = knownhostsfile_lock(until, err);
	const struct strvec own = first_of(names);
	struct strbuf text = STRBUF_INIT;
	int rc = -1;

	if (lock != -1)
		rc = knownhostsfile_read(&text, err);
	if (rc == 0 && (kh_has_name(text.data, &own, kh_match) ||
	                kh_has_ca(text.data, &own, kh_match)))
		rc = add_names(&text, names, err) == 0 ? 1 : -1;
	lock_release(lock);
	strbuf_release(&text);
	return rc;
}

int hostkey_touch(struct error *err)
{
	char *path = knownhostsfile_path();
	int rc = paths_make_for(path, err);

	/* O_EXCL: another process may be writing the first key. */
	if (rc == 0) {
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		              0600);

		if (fd != -1)
			(void)close(fd);
		else if (errno != EEXIST)
			rc = error_errno(err, ERROR_CONFIG, "cannot write %s", path);
	}
	free(path);
	return rc;
}
