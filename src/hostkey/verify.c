/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "hostkey/keytypes.h"
#include "hostkey/knownhosts.h"
#include "hostkey/knownhostsfile.h"
#include "hostkey/verify.h"
#include "runtime/lock.h"
#include "runtime/log.h"
#include "runtime/paths.h"

static const char server_prefix[] = "cxssh-";
static const char gateway_prefix[] = "cxssh-gateway-";

static char *lowercase_name(const char *prefix, const char *rest)
{
	char *name = xasprintf("%s%s", prefix, rest);

	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return name;
}

char *hostkey_alias(const char *target)
{
	return lowercase_name(server_prefix, target);
}

char *hostkey_gateway_alias(const char *address)
{
	return lowercase_name(gateway_prefix, address);
}

/* ... and goes on. */
static bool begins(const char *name, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len > n && strncasecmp(name, prefix, n) == 0;
}

enum hostkey_kind hostkey_kind(const char *name, size_t len)
{
	if (begins(name, len, gateway_prefix))
		return HOSTKEY_GATEWAY;
	if (!begins(name, len, server_prefix))
		return HOSTKEY_OTHER;
	return memchr(name, '.', len) != NULL ? HOSTKEY_ROLE : HOSTKEY_SERVER;
}

char *hostkey_path(void)
{
	return knownhostsfile_path();
}

/* Say why a verdict other than a match is no; remedy is for another key than known. */
static int refuse(const struct hostkey_peer *peer, enum kh_verdict verdict,
                  const char *path, const char *remedy, struct error *err)
{
	char *file = paths_shorten(path);

	if (err->code != ERROR_NONE)
		error_prefix(err, "host key of %s", peer->called);
	else if (verdict == KH_KEY_REVOKED)
		error_set(err, ERROR_TRUST, "the host key of %s is marked @revoked in %s",
		          peer->called, file);
	else
		error_set(err, ERROR_TRUST,
		          "the host key of %s is not the one in %s; if you expected this "
		          "change, run: %s",
		          peer->called, file, remedy);
	free(file);
	return -1;
}

/* Nothing is learnt where a certificate is asked for, and ssh alone can check one. */
static int refuse_uncertified(const struct hostkey_peer *peer, struct error *err)
{
	return error_set(err, ERROR_TRUST,
	                 "%s needs a host certificate (@cert-authority in "
	                 "~/.ssh/cxssh/known_hosts), and only OpenSSH can check one",
	                 peer->called);
}

/* By the name that identifies it; but revoked is revoked, under whichever of its names:
 * whoever writes that line knows the alias. */
static enum kh_verdict check(const char *text, const struct hostkey_peer *peer,
                             const unsigned char *blob, size_t len)
{
	const struct strvec *names = &peer->names;
	struct strbuf key = STRBUF_INIT;
	bool revoked;

	base64_encode(blob, len, &key);
	revoked = kh_is_revoked(text, names, (struct kh_span){ key.data, key.len });
	strbuf_release(&key);
	return revoked ? KH_KEY_REVOKED : kh_check(text, names->items[0], blob, len);
}

/* Does our own file allow the key?  1 yes, 0 it does not know, -1 no. */
static int ask_ours(const struct hostkey_peer *peer, const unsigned char *blob,
                    size_t len, struct error *err)
{
	char *path = hostkey_path();
	enum kh_verdict verdict = KH_KEY_REVOKED;
	struct strbuf text = STRBUF_INIT;
	int rc;
	char *remedy = xasprintf("cxssh hostkey forget %s", peer->called);

	if (knownhostsfile_read(&text, err) == 0)
		verdict = check(text.data, peer, blob, len);
	rc = verdict == KH_KEY_MATCH ? 1 : 0;
	if (verdict == KH_KEY_CHANGED || verdict == KH_KEY_REVOKED)
		rc = refuse(peer, verdict, path, remedy, err);
	strbuf_release(&text);
	free(remedy);
	free(path);
	return rc;
}

/* Does the user's file speak against a key?  One that ours knows may be another than is
 * there, but revoked it is in both. */
static int ask_users(const struct hostkey_peer *peer, const unsigned char *blob,
                     size_t len, bool known, struct error *err)
{
	char *path = knownhostsfile_users_path();
	char *remedy = xasprintf("ssh-keygen -R %s -f ~/.ssh/known_hosts",
	                         peer->address != NULL ? peer->address : "");
	enum kh_verdict verdict = KH_KEY_UNKNOWN;
	struct strbuf text = STRBUF_INIT;
	int rc = 0;

	if (peer->address != NULL)
		verdict = knownhostsfile_read_users(&text, err) == 0 ?
		                  kh_check(text.data, peer->address, blob, len) :
		                  KH_KEY_REVOKED;
	if (verdict == KH_KEY_REVOKED || (verdict == KH_KEY_CHANGED && !known))
		rc = refuse(peer, verdict, path, remedy, err);
	strbuf_release(&text);
	free(remedy);
	if (rc == 0 && !known)
		log_step("host key of %s: first contact, %s", peer->called,
		         verdict == KH_KEY_MATCH ? "known from ~/.ssh/known_hosts" :
		                                   "learnt");
	free(path);
	return rc;
}

/* Append the key under the peer's names.  The lock is held. */
static int learn(const struct hostkey_peer *peer, const unsigned char *blob, size_t len,
                 struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	int rc = -1;

	if (knownhostsfile_read(&text, err) == -1)
		goto out;
	if (kh_format_line(&text, &peer->names, blob, len) == -1) {
		error_set(err, ERROR_UNAVAILABLE, "%s showed a host key of no known form",
		          peer->called);
		goto out;
	}
	rc = knownhostsfile_write(&text, err);
out:
	strbuf_release(&text);
	return rc;
}

static int add_names_locked(const struct strvec *names, struct error *err)
{
	struct strbuf old = STRBUF_INIT;
	struct strbuf new = STRBUF_INIT;
	int rc = knownhostsfile_read(&old, err);

	if (rc == 0 && kh_add_names(old.data, names, &new))
		rc = knownhostsfile_write(&new, err);
	strbuf_release(&old);
	strbuf_release(&new);
	return rc;
}

/* What our file says of the name that identifies the peer. */
static int look_up(const struct hostkey_peer *peer, bool *listed, bool *certified,
                   struct error *err)
{
	struct strvec own = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT;
	int rc = knownhostsfile_read(&text, err);

	strvec_push(&own, peer->names.items[0]);
	*listed = rc == 0 && kh_has_name(text.data, &own);
	*certified = rc == 0 && kh_has_ca(text.data, &own);
	strvec_release(&own);
	strbuf_release(&text);
	return rc;
}

static int decide(const struct hostkey_peer *peer, const unsigned char *blob, size_t len,
                  bool may_learn, struct error *err)
{
	int known = ask_ours(peer, blob, len, err);
	bool certified;
	bool listed;

	if (known == -1 || look_up(peer, &listed, &certified, err) == -1)
		return -1;
	if (known == 1 && ask_users(peer, blob, len, true, err) == -1)
		return -1;
	/* Where it stands hashed or under a pattern, a line of our own is added, so that
	 * the proxy, which looks for plain names only, finds it the next time. */
	if (known == 1)
		return listed ? add_names_locked(&peer->names, err) :
		                learn(peer, blob, len, err);
	if (certified)
		return refuse_uncertified(peer, err);
	if (!may_learn)
		return error_set(err, ERROR_TRUST, "the host key of %s is not known",
		                 peer->called);
	if (ask_users(peer, blob, len, false, err) == -1)
		return -1;
	return learn(peer, blob, len, err);
}

static int decide_locked(const struct hostkey_peer *peer, const unsigned char *blob,
                         size_t len, bool may_learn, struct error *err)
{
	int lock = knownhostsfile_lock(peer->until, err);
	int rc;

	if (lock == -1)
		return -1;
	err->code = ERROR_NONE;
	rc = decide(peer, blob, len, may_learn, err);
	lock_release(lock);
	return rc;
}

int hostkey_verify_or_learn(const struct hostkey_peer *peer, const unsigned char *blob,
                            size_t len, struct error *err)
{
	return decide_locked(peer, blob, len, true, err);
}

int hostkey_verify(const struct hostkey_peer *peer, const unsigned char *blob, size_t len,
                   struct error *err)
{
	return decide_locked(peer, blob, len, false, err);
}

void hostkey_types(const struct hostkey_peer *peer, struct strvec *types)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;

	if (knownhostsfile_read(&text, &ignored) == 0)
		kh_types(text.data, peer->names.items[0], types);
	strbuf_clear(&text);
	if (peer->address != NULL && types->count == 0 &&
	    knownhostsfile_read_users(&text, &ignored) == 0)
		kh_types(text.data, peer->address, types);
	strbuf_release(&text);
	keytypes_sort(types);
}

void hostkey_role_types(const struct hostkey_peer *peer, struct strvec *types)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	int rc = knownhostsfile_read(&text, &ignored);

	for (size_t i = 1; rc == 0 && i < peer->names.count; i++) {
		const char *name = peer->names.items[i];

		if (hostkey_kind(name, strlen(name)) == HOSTKEY_ROLE)
			kh_types(text.data, name, types);
	}
	strbuf_release(&text);
	keytypes_sort(types);
}

bool hostkey_users_know(const char *address)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	struct strvec types = STRVEC_INIT;
	bool know;

	if (knownhostsfile_read_users(&text, &ignored) == 0)
		kh_types(text.data, address, &types);
	know = types.count > 0;
	strbuf_release(&text);
	strvec_release(&types);
	return know;
}

int hostkey_users_revoked(const char *address, struct strbuf *keys, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	const char *rest;
	struct kh_line line;
	int rc = knownhostsfile_read_users(&text, err);

	rest = text.data;
	while (rc == 0 && kh_next_line(&rest, &line)) {
		/* One that ssh cannot read would have it refuse every key. */
		if (line.kind == KH_REVOKED && kh_match(&line, address) &&
		    kh_line_is_valid(&line))
			strbuf_addf(keys, "%.*s %.*s\n", (int)line.type.len, line.type.at,
			            (int)line.key.len, line.key.at);
	}
	strbuf_release(&text);
	return rc;
}

int hostkey_knows(const char *name, struct error *err)
{
	struct strvec names = STRVEC_INIT;
	struct strvec types = STRVEC_INIT;
	struct strbuf text = STRBUF_INIT;
	int rc = knownhostsfile_read(&text, err);

	if (rc == 0) {
		strvec_push(&names, name);
		kh_types(text.data, name, &types);
		rc = types.count > 0 || kh_has_ca(text.data, &names);
	}
	strvec_release(&names);
	strvec_release(&types);
	strbuf_release(&text);
	return rc;
}

bool hostkey_is_known(const struct strvec *names)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	bool has = knownhostsfile_read(&text, &ignored) == 0 &&
	           (kh_has_name(text.data, names) || kh_has_ca(text.data, names));

	strbuf_release(&text);
	return has;
}

int hostkey_add_names(const struct strvec *names, struct deadline until,
                      struct error *err)
{
	int lock = knownhostsfile_lock(until, err);
	int rc;

	if (lock == -1)
		return -1;
	rc = add_names_locked(names, err);
	lock_release(lock);
	return rc;
}

int hostkey_touch(struct error *err)
{
	char *path = hostkey_path();
	int rc = paths_make_for(path, err);

	/* Somebody may be writing the first key into it: nothing is ever replaced here.
	 */
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
