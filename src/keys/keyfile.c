/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/mem.h"
#include "keys/keyfile.h"
#include "keys/sshbuf.h"

enum { FILE_MAX = 1 << 20 };

static const char openssh_begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char openssh_end[] = "-----END OPENSSH PRIVATE KEY-----";
static const char magic[] = "openssh-key-v1"; /* its NUL counts */

/* ssh's own rule: a file of ours must be closed to all others. */
static int check_owner(const char *path, int fd, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(err, ERROR_CONFIG, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG, "%s: is not a file", path);
	if (st.st_uid == getuid() && (st.st_mode & 077) != 0) {
		error_set(err, ERROR_CONFIG,
		          "the key %s can be read or changed by others", path);
		return error_hint(err, "chmod 600 %s", path);
	}
	return 0;
}

/* 1 when read, 0 when there is none. */
static int read_all(const char *path, bool secret, struct strbuf *text, struct error *err)
{
	char block[4096];
	ssize_t n = 0;
	int rc = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT ?
		               0 :
		               error_set(err, ERROR_CONFIG, "%s cannot be opened", path);
	if (secret && check_owner(path, fd, err) == -1)
		goto out;
	while (text->len <= FILE_MAX && (n = read(fd, block, sizeof(block))) > 0)
		strbuf_add(text, block, (size_t)n);
	if (n != 0) {
		error_set(err, ERROR_CONFIG, "%s cannot be read, or is too long", path);
		goto out;
	}
	rc = 1;
out:
	mem_wipe(block, sizeof(block));
	(void)close(fd);
	return rc;
}

/* Append what the base64 text up to end says; blanks and line breaks do not count. */
static bool decode(const char *text, const char *end, struct strbuf *out)
{
	struct strbuf bare = STRBUF_SECRET;
	bool good;

	while (text < end) {
		size_t len = strcspn(text, " \t\r\n");

		if (len > (size_t)(end - text))
			len = (size_t)(end - text);
		strbuf_add(&bare, text, len);
		text += len < (size_t)(end - text) ? len + 1 : len;
	}
	good = base64_decode(bare.data, bare.len, out);
	strbuf_release(&bare);
	return good;
}

/* magic, cipher, kdf, its options, number of keys (1), public blob, private section */
static bool unwrap(const struct strbuf *wrapped, struct keyfile *key)
{
	struct sshbuf p = { .at = (const unsigned char *)wrapped->data,
		            .left = wrapped->len };
	struct sshbuf cipher;
	struct sshbuf kdf;
	struct sshbuf options;
	struct sshbuf blob;
	struct sshbuf section;
	uint32_t count;

	if (p.left < sizeof(magic) || memcmp(p.at, magic, sizeof(magic)) != 0)
		return false;
	p.at += sizeof(magic);
	p.left -= sizeof(magic);
	if (!sshbuf_get_string(&p, &cipher) || !sshbuf_get_string(&p, &kdf) ||
	    !sshbuf_get_string(&p, &options) || !sshbuf_get_u32(&p, &count) ||
	    count != 1 || !sshbuf_get_string(&p, &blob) ||
	    !sshbuf_get_string(&p, &section))
		return false;
	strbuf_add(&key->blob, blob.at, blob.left);
	key->encrypted = !sshbuf_equals(&cipher, "none");
	if (!key->encrypted)
		strbuf_add(&key->secret, section.at, section.left);
	return true;
}

static int read_openssh(const char *path, struct keyfile *key, struct error *err)
{
	const char *begin = strstr(key->text.data, openssh_begin) + strlen(openssh_begin);
	const char *end = strstr(begin, openssh_end);
	struct strbuf wrapped = STRBUF_SECRET;
	int rc = -1;

	key->openssh = true;
	if (end == NULL || !decode(begin, end, &wrapped) || !unwrap(&wrapped, key))
		error_set(err, ERROR_CONFIG, "%s is damaged: not a whole OpenSSH key",
		          path);
	else
		rc = 0;
	strbuf_release(&wrapped);
	return rc;
}

int keyfile_parse(struct keyfile *key, const char *path, struct error *err)
{
	if (strstr(key->text.data, openssh_begin) == NULL)
		return 0;
	return read_openssh(path, key, err) == -1 ? -1 : 1;
}

void keyfile_parse_public(struct keyfile *key, const char *text)
{
	const char *begin = strchr(text, ' ');

	if (begin == NULL)
		return;
	begin += strspn(begin, " ");
	if (!decode(begin, begin + strcspn(begin, " \r\n"), &key->blob))
		strbuf_release(&key->blob);
}

static void read_public(const char *path, struct keyfile *key)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *pub = xasprintf("%s.pub", path);

	if (read_all(pub, false, &text, &ignored) == 1)
		keyfile_parse_public(key, text.data);
	strbuf_release(&text);
	free(pub);
}

int keyfile_read(const char *path, struct keyfile *key, struct error *err)
{
	char *certificate = xasprintf("%s-cert.pub", path);
	int found = read_all(path, true, &key->text, err);
	int rc = -1;

	key->certified = access(certificate, R_OK) == 0;
	if (found == -1)
		goto out;
	if (found == 1 && (rc = keyfile_parse(key, path, err)) != 0)
		goto out;
	rc = -1;
	read_public(path, key);
	if (found == 0 && key->blob.len == 0) {
		error_set(err, ERROR_CONFIG, "there is no key file %s", path);
		goto out;
	}
	rc = 0;
out:
	free(certificate);
	return rc == -1 ? -1 : 0;
}

void keyfile_release(struct keyfile *key)
{
	strbuf_release(&key->text);
	strbuf_release(&key->secret);
	strbuf_release(&key->blob);
}
