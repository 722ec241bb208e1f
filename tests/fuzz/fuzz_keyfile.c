/* SPDX-License-Identifier: MIT */
/*
 * A private key's file: how it is wrapped, and the key inside.  Wrapped again by the test
 * it reads the same; what is encrypted gives nothing away.
 *
 * Input: a first byte, and a file.  'k': FILE as it is; 'p': FILE.pub; 's': the private
 * section of an OpenSSH key, bare.
 */

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/sshbuf.h"
#include "fuzz.h"
#include "keys/keyfile.h"
#include "keys/sshkey.h"

/* An OpenSSH file of these parts, in the key's place. */
static void wrap(const char *cipher, const struct strbuf *blob,
                 const struct strbuf *section, struct keyfile *key)
{
	struct strbuf raw = STRBUF_INIT;

	strbuf_add(&raw, "openssh-key-v1", sizeof("openssh-key-v1"));
	sshbuf_put_cstring(&raw, cipher);
	sshbuf_put_cstring(&raw, "none");
	sshbuf_put_cstring(&raw, "");
	sshbuf_put_u32(&raw, 1);
	sshbuf_put_string(&raw, blob->data, blob->len);
	sshbuf_put_string(&raw, section->data, section->len);
	strbuf_adds(&key->text, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	base64_encode((const unsigned char *)raw.data, raw.len, &key->text);
	strbuf_adds(&key->text, "\n-----END OPENSSH PRIVATE KEY-----\n");
	strbuf_release(&raw);
}

/* The key inside, as far as OpenSSL and SSH know it. */
static void use(const struct keyfile *key)
{
	bool encrypted = false;
	struct strbuf blob = STRBUF_INIT;
	struct sshkey *inside = sshkey_read(key, &encrypted);

	require(inside == NULL || !encrypted);
	if (inside != NULL && sshkey_public(inside, &blob)) {
		struct sshbuf p = { (const unsigned char *)blob.data, blob.len };
		struct sshbuf type;

		require(sshbuf_get_string(&p, &type) && type.left > 0);
	}
	sshkey_free(inside);
	strbuf_release(&blob);
}

static void check_again(const struct keyfile *key)
{
	struct keyfile again = KEYFILE_INIT;
	struct error err = ERROR_INIT;

	wrap(key->encrypted ? "aes256-ctr" : "none", &key->blob, &key->secret, &again);
	require(keyfile_parse(&again, "x", &err) == 0 && again.form == KEYFILE_OPENSSH);
	require(again.encrypted == key->encrypted);
	require(fuzz_same(&again.blob, &key->blob) &&
	        fuzz_same(&again.secret, &key->secret));
	keyfile_release(&again);
}

/* A key that is put right needs no more, and is one. */
static void run_normalise(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	struct strbuf once = STRBUF_INIT;
	struct strbuf twice = STRBUF_INIT;

	if (keyfile_normalise(text, &once)) {
		require(strncmp(once.data, "-----BEGIN ", 11) == 0);
		require(keyfile_normalise(once.data, &twice) && fuzz_same(&once, &twice));
	}
	free(text);
	strbuf_release(&once);
	strbuf_release(&twice);
}

static void run_file(const uint8_t *data, size_t size)
{
	struct keyfile key = KEYFILE_INIT;
	struct error err = ERROR_INIT;
	int rc;

	strbuf_add(&key.text, data, size);
	run_normalise(data, size);
	rc = keyfile_parse(&key, "x", &err);
	require(rc != -1 || err.code == ERROR_CONFIG);
	require(!key.encrypted || key.secret.len == 0);
	if (rc == 0 && key.form == KEYFILE_OPENSSH)
		check_again(&key);
	if (rc != -1)
		use(&key);
	keyfile_release(&key);
}

static void run_public(const uint8_t *data, size_t size)
{
	struct strbuf blob = STRBUF_INIT;
	struct strbuf again = STRBUF_INIT;
	struct strbuf line = STRBUF_INIT;
	char *text = fuzz_copy(data, size);

	keyfile_parse_public(text, &blob);
	strbuf_adds(&line, "ssh-x ");
	base64_encode((const unsigned char *)blob.data, blob.len, &line);
	strbuf_adds(&line, " a remark\n");
	keyfile_parse_public(line.data, &again);
	require(fuzz_same(&blob, &again));
	free(text);
	strbuf_release(&line);
	strbuf_release(&blob);
	strbuf_release(&again);
}

static void run_section(const uint8_t *data, size_t size)
{
	struct keyfile key = KEYFILE_INIT;

	key.form = KEYFILE_OPENSSH;
	strbuf_adds(&key.text, "x");
	strbuf_add(&key.secret, data, size);
	use(&key);
	keyfile_release(&key);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	if (size == 0)
		return;
	switch (data[0]) {
	case 'k': run_file(data + 1, size - 1); break;
	case 'p': run_public(data + 1, size - 1); break;
	case 's': run_section(data + 1, size - 1); break;
	default: break;
	}
}
