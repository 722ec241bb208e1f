/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allowlist.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "hostkey/fingerprint.h"
#include "hostkey/knownhosts.h"
#include "hostkey/knownhostsline.h"
#include "keys/agentidentity.h"
#include "keys/keyfile.h"
#include "keys/publicline.h"
#include "keys/sshkey.h"
#include "runtime/atomic.h"

enum { FILE_MAX = 64 * 1024 };

struct parts {
	int type; /* lengths */
	const char *key;
	int key_len;
	const char *comment;
};

static void split(const char *line, struct parts *p)
{
	p->type = (int)strcspn(line, " \t");
	p->key = line + p->type + strspn(line + p->type, " \t");
	p->key_len = (int)strcspn(p->key, " \t");
	p->comment = p->key + p->key_len + strspn(p->key + p->key_len, " \t");
}

/* The first line of FILE.pub, if it is of the same key. */
static bool take_public(const char *path, const struct strbuf *blob, struct strbuf *line)
{
	struct strbuf in_file = STRBUF_INIT;
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *public =
		agentidentity_is_one(path) ? xstrdup(path) : xasprintf("%s.pub", path);
	bool is = false;

	if (atomic_read(public, FILE_MAX, &text, &ignored) == 1) {
		keyfile_parse_public(text.data, &in_file);
		is = in_file.len > 0 && (blob->len == 0 || strbuf_same(&in_file, blob));
	}
	if (is)
		strbuf_add(line, text.data, strcspn(text.data, "\r\n"));
	strbuf_release(&in_file);
	strbuf_release(&text);
	free(public);
	return is;
}

static int format(const struct strbuf *blob, struct strbuf *line)
{
	char type[64];

	if (!kh_key_type((const unsigned char *)blob->data, blob->len, type,
	                 sizeof(type)))
		return -1;
	strbuf_addf(line, "%s ", type);
	base64_encode((const unsigned char *)blob->data, blob->len, line);
	return 0;
}

/* Is the line a key to its very end?  One that was cut off would replace one that works.
 */
static bool is_whole(const char *line)
{
	enum { SHORTEST = 51 /* of ssh-ed25519 */ };
	struct strbuf blob = STRBUF_INIT;
	struct parts p;
	bool is;

	split(line, &p);
	is = base64_decode(p.key, (size_t)p.key_len, &blob) && blob.len >= SHORTEST &&
	     kh_is_key((const unsigned char *)blob.data, blob.len,
	               (struct kh_span){ line, (size_t)p.type });
	strbuf_release(&blob);
	return is;
}

int publicline_read(const char *path, struct strbuf *line, struct error *err)
{
	struct keyfile file = KEYFILE_INIT;
	struct sshkey *key = NULL;
	bool encrypted = false;
	int rc = keyfile_read(path, &file, err);

	if (rc == 0 && file.blob.len == 0 &&
	    (key = sshkey_read(&file, &encrypted)) != NULL)
		(void)sshkey_public(key, &file.blob);
	if (rc == 0 && !take_public(path, &file.blob, line) &&
	    format(&file.blob, line) == -1)
		rc = error_set(err, ERROR_CONFIG,
		               "%s: its public key is not known; run: ssh-keygen -y -f "
		               "%s >%s.pub",
		               path, path, path);
	if ((rc == 0 && !is_whole(line->data)) ||
	    (rc == -1 && agentidentity_is_one(path) && err->cause != CAUSE_UNREADABLE))
		rc = error_set(err, ERROR_CONFIG, "%s is no whole public key", path);
	sshkey_free(key);
	keyfile_release(&file);
	return rc;
}

bool publicline_same(const char *a, const char *b)
{
	struct parts pa;
	struct parts pb;

	split(a, &pa);
	split(b, &pb);
	return pa.key_len > 0 && pa.key_len == pb.key_len &&
	       memcmp(pa.key, pb.key, (size_t)pa.key_len) == 0;
}

void publicline_show(const char *line, char out[static PUBLICLINE_SHOWN])
{
	char fingerprint[FINGERPRINT_SIZE];
	char text[PUBLICLINE_SHOWN];
	struct parts p;

	split(line, &p);
	(void)snprintf(text, sizeof(text), "%.*s %s %s", p.type > 40 ? 40 : p.type, line,
	               fingerprint_of(p.key, (size_t)p.key_len, fingerprint), p.comment);
	(void)printable_text(text, out, PUBLICLINE_SHOWN);
}
