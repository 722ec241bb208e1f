/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sshaddress.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/hostkeytarget.h"
#include "command/hostkeyadd.h"
#include "hostkey/fingerprint.h"
#include "hostkey/keyscan.h"
#include "hostkey/keytypes.h"
#include "hostkey/verify.h"
#include "prepare/steps.h"
#include "runtime/atomic.h"

enum { ADD_MS = 60000, FILE_MAX = 256 * 1024, BASE64_OF_SHA256 = 43 };

static const char prefix[] = "SHA256:";

static int keep(const struct hostkeytarget *target, const struct strbuf *blob,
                struct deadline until, struct error *err)
{
	const struct hostkey_peer peer = { .names = target->owner.names,
		                           .address = target->address,
		                           .called = target->called,
		                           .until = until };

	return hostkey_verify_or_learn(&peer, (const unsigned char *)blob->data,
	                               blob->len, err);
}

static void print_done(const struct hostkeytarget *target, const char *key)
{
	(void)printf("the host key of %s is known: %s\n", target->called, key);
}

/* ---- from a file ---- */

/* The key in a line, with or without names in front: its type and blob. */
static bool key_of_line(const char *text, char type[64], struct strbuf *blob)
{
	struct strvec words = STRVEC_INIT;
	bool found = false;

	strvec_split(&words, text);
	for (size_t i = 0; i < 2 && i + 1 < words.count && !found; i++) {
		const char *word = words.items[i];
		const char *key = words.items[i + 1];

		strbuf_clear(blob);
		found = word[0] != '#' && word[0] != '@' && strlen(word) < 64 &&
		        base64_decode(key, strlen(key), blob) &&
		        kh_is_key((const unsigned char *)blob->data, blob->len,
		                  (struct kh_span){ word, strlen(word) });
		if (found)
			(void)snprintf(type, 64, "%s", word);
		if (word[0] == '#' || word[0] == '@')
			break;
	}
	strvec_release(&words);
	return found;
}

/* Find the first key of wanted, or (NULL) push the types of all to types. */
static bool search_file(const struct strbuf *text, const char *wanted,
                        struct strvec *types, struct strbuf *blob)
{
	bool found = false;
	char type[64];

	for (const char *at = text->data; *at != '\0' && !found;) {
		size_t len = strcspn(at, "\r\n");
		char *line = xstrndup(at, len);
		bool is_key = key_of_line(line, type, blob);

		found = is_key && wanted != NULL && strcmp(type, wanted) == 0;
		if (is_key && wanted == NULL)
			strvec_push(types, type);
		free(line);
		at += len + strspn(at + len, "\r\n");
	}
	return found;
}

/* Of several keys the one of the type that ssh prefers. */
static int add_from_file(const struct hostkeytarget *target, const char *path,
                         struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct strbuf blob = STRBUF_INIT;
	struct strvec types = STRVEC_INIT;
	char shown[FINGERPRINT_SIZE];
	int rc = atomic_read_users(path, FILE_MAX, &text, err);

	if (rc == 0)
		rc = error_set(err, ERROR_CONFIG, "%s: no such file", path);
	if (rc == 1) {
		(void)search_file(&text, NULL, &types, &blob);
		keytypes_sort(&types);
		rc = types.count > 0 && search_file(&text, types.items[0], NULL, &blob) ?
		             keep(target, &blob, deadline_in(ADD_MS), err) :
		             error_set(err, ERROR_CONFIG, "%s: has no public host key",
		                       path);
	}
	if (rc == 0)
		print_done(target, fingerprint_of_blob(&blob, shown));
	strvec_release(&types);
	strbuf_release(&blob);
	strbuf_release(&text);
	return rc;
}

/* ---- by its fingerprint ---- */

struct search {
	const char *name;
	const char *fingerprint;
	bool found;
};

static void on_line(const struct kh_line *line, const char *shown, void *cookie)
{
	struct search *search = cookie;

	search->found = search->found ||
	                (line->kind == KH_PLAIN && kh_line_has_name(line, search->name) &&
	                 strcmp(shown, search->fingerprint) == 0);
}

/* Is that key written under the target's name? */
static bool is_known_by(const struct hostkeytarget *target, const char *key)
{
	struct search search = { target->owner.names.items[0], key, false };
	struct error ignored = ERROR_INIT;

	(void)knownhostsedit_list(on_line, &search, &ignored);
	return search.found;
}

static bool has_fingerprint(const struct strbuf *blob, const char *key)
{
	char shown[FINGERPRINT_SIZE];

	return strcmp(fingerprint_of_blob(blob, shown), key) == 0;
}

/* A bastion's port is open: it is asked for a key of each type. */
static int add_bastion(const struct hostkeytarget *target, const char *key,
                       struct error *err)
{
	static const char *const asked[] = { "ssh-ed25519", "ecdsa-sha2-nistp256",
		                             "ssh-rsa" };
	struct deadline until = deadline_in(ADD_MS);
	struct strbuf blob = STRBUF_INIT;
	bool found = false;
	bool answered = false;
	int rc = -1;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]) && !found; i++) {
		struct strvec types = STRVEC_INIT;

		strvec_push(&types, asked[i]);
		strbuf_clear(&blob);
		if (keyscan(target->address, SSH_PORT, &types, &blob, until, err) == 0) {
			answered = true;
			found = has_fingerprint(&blob, key);
		}
		strvec_release(&types);
	}
	if (found)
		rc = keep(target, &blob, until, err);
	else if (answered)
		rc = error_set(err, ERROR_TRUST, "%s shows no host key with %s",
		               target->called, key);
	strbuf_release(&blob);
	return rc;
}

/* Over the path of a session: the firewall is opened for it. */
static int add_server(const char *name, const char *key, const struct config *config,
                      struct error *err)
{
	struct prepare o = { .config = config,
		             .target = name,
		             .expected = key,
		             .started_ms = deadline_wall_ms(),
		             .until = deadline_in(ADD_MS) };
	int rc = prepare_target(&o, err);

	prepare_release(&o);
	return rc;
}

static int add_by_fingerprint(const struct hostkeytarget *target, const char *host,
                              const char *key, const struct config *config,
                              struct error *err)
{
	int rc = 0;

	if (!is_known_by(target, key))
		rc = target->gateways.count > 0 ?
		             add_bastion(target, key, err) :
		             add_server(target->uid != NULL ? target->uid : host, key,
		                        config, err);
	if (rc == 0 && !is_known_by(target, key))
		rc = error_set(err, ERROR_TRUST,
		               "another host key of %s is known already; run: cxssh "
		               "hostkey list %s",
		               target->called, target->called);
	if (rc == 0)
		print_done(target, key);
	return rc;
}

int hostkey_add(const char *host, const char *key, const struct config *config,
                struct error *err)
{
	bool by_fingerprint = strncmp(key, prefix, strlen(prefix)) == 0;
	struct hostkeytargets targets = { .items = NULL };
	int rc = 0;

	if (by_fingerprint && strlen(key) != strlen(prefix) + BASE64_OF_SHA256)
		return error_set(err, ERROR_USAGE,
		                 "a fingerprint is SHA256: and %d letters, as ssh-keygen "
		                 "-l prints it",
		                 BASE64_OF_SHA256);
	rc = hostkeytargets_find(config, host, &targets, err);
	if (rc == 0 && targets.count != 1)
		rc = error_set(err, ERROR_USAGE,
		               "%s is a role with %zu servers: name one of them", host,
		               targets.count);
	else if (rc == 0)
		rc = by_fingerprint ? add_by_fingerprint(&targets.items[0], host, key,
		                                         config, err) :
		                      add_from_file(&targets.items[0], key, err);
	hostkeytargets_release(&targets);
	return rc;
}
