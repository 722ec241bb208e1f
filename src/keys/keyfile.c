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
#include "base/sshbuf.h"
#include "keys/keyfile.h"

enum { FILE_MAX = 1 << 20 };

static const char begin_mark[] = "-----BEGIN ";
static const char end_mark[] = "-----END ";
static const char private_label[] = "PRIVATE KEY-----";
static const char openssh_label[] = "OPENSSH PRIVATE KEY-----";
static const char magic[] = "openssh-key-v1"; /* with its NUL */

/* Append the file to text: 1, or 0 when there is none, or -1.  *is_open: other users can
 * read or change it, and it is this user's.  O_NONBLOCK for a FIFO. */
static int read_all(const char *path, struct strbuf *text, bool *is_open,
                    struct error *err)
{
	char block[4096];
	struct stat st;
	ssize_t n = 0;
	int rc = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1) {
		error_set(err, ERROR_CONFIG, "%s cannot be opened", path);
		err->cause = CAUSE_UNREADABLE;
		return -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		error_set(err, ERROR_CONFIG, "%s is not a regular file", path);
		err->cause = CAUSE_UNREADABLE;
		goto out;
	}
	*is_open = st.st_uid == getuid() && (st.st_mode & 077) != 0;
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

/* Decode the base64 text up to end, which may have blanks and line breaks. */
static bool decode(const char *text, const char *end, struct strbuf *out)
{
	struct strbuf bare = STRBUF_SECRET;
	bool good;

	for (; text < end; text++) {
		if (strchr(" \t\r\n", *text) == NULL)
			strbuf_add(&bare, text, 1);
	}
	good = base64_decode(bare.data, bare.len, out);
	strbuf_release(&bare);
	return good;
}

/* magic, cipher, kdf, its options, number of keys (1), public blob, private section */
static bool unwrap(const struct strbuf *wrapped, struct keyfile *key)
{
	struct sshbuf p = sshbuf_of(wrapped);
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

/* The lines around a key: "-----BEGIN LABEL" and "-----END LABEL". */
struct armour {
	const char *begin; /* of the first line */
	const char *body;
	const char *end; /* of the body */
	const char *after;
};

/* Find the first armour in text whose label ends in this one; false without one. */
static bool find_armour(const char *text, const char *label, struct armour *armour)
{
	size_t n = strlen(label);

	while ((armour->begin = strstr(text, begin_mark)) != NULL) {
		const char *name = armour->begin + strlen(begin_mark);
		size_t len = strcspn(name, "\r\n");
		const char *end = name + len;

		text = name;
		if (len < n || memcmp(name + len - n, label, n) != 0)
			continue;
		armour->body = end;
		while ((end = strstr(end, end_mark)) != NULL) {
			armour->end = end;
			end += strlen(end_mark);
			armour->after = end + len;
			if (strncmp(end, name, len) == 0)
				return true;
		}
	}
	return false;
}

static bool is_public(const char *text)
{
	static const char *const begins[] = { "ssh-", "ecdsa-", "sk-" };

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		if (strncmp(text, begins[i], strlen(begins[i])) == 0)
			return true;
	}
	return false;
}

static enum keyfile_form form_of(const char *text)
{
	if (strstr(text, openssh_label) != NULL)
		return KEYFILE_OPENSSH;
	if (strstr(text, private_label) != NULL)
		return KEYFILE_PEM;
	if (strncmp(text, "PuTTY-User-Key-File-", 20) == 0)
		return KEYFILE_PUTTY;
	text += strspn(text, " \t\r\n");
	if (is_public(text))
		return KEYFILE_PUBLIC;
	return strstr(text, begin_mark) != NULL ? KEYFILE_OTHER : KEYFILE_UNKNOWN;
}

static int parse_openssh(const char *path, struct keyfile *key, struct error *err)
{
	struct strbuf wrapped = STRBUF_SECRET;
	struct armour armour;
	int rc = 0;

	if (!find_armour(key->text.data, openssh_label, &armour) ||
	    !decode(armour.body, armour.end, &wrapped) || !unwrap(&wrapped, key))
		rc = error_set(err, ERROR_CONFIG,
		               "%s is damaged: not a whole OpenSSH key", path);
	strbuf_release(&wrapped);
	return rc;
}

int keyfile_parse(struct keyfile *key, const char *path, struct error *err)
{
	key->form = form_of(key->text.data);
	switch (key->form) {
	case KEYFILE_OPENSSH: return parse_openssh(path, key, err);
	case KEYFILE_PEM: return 0;
	case KEYFILE_PUBLIC: keyfile_parse_public(key->text.data, &key->blob); return 0;
	case KEYFILE_PUTTY:
		error_set(err, ERROR_CONFIG, "%s is a key of PuTTY, not of OpenSSH",
		          path);
		return error_hint(err, "puttygen %s -O private-openssh -o NEW_FILE",
		                  path);
	case KEYFILE_OTHER:
		return error_set(err, ERROR_CONFIG,
		                 "%s is a certificate or a public key in PEM, not a "
		                 "private key",
		                 path);
	default: return error_set(err, ERROR_CONFIG, "%s is not a private key", path);
	}
}

void keyfile_parse_public(const char *text, struct strbuf *blob)
{
	const char *begin = text + strcspn(text, " \t");

	begin += strspn(begin, " \t");
	if (!base64_decode(begin, strcspn(begin, " \t\r\n"), blob))
		strbuf_release(blob);
}

static void read_public(const char *path, struct keyfile *key)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *pub = xasprintf("%s.pub", path);
	bool is_open;

	if (read_all(pub, &text, &is_open, &ignored) == 1)
		keyfile_parse_public(text.data, &key->blob);
	strbuf_release(&text);
	free(pub);
}

int keyfile_read(const char *path, struct keyfile *key, struct error *err)
{
	char *certificate = xasprintf("%s-cert.pub", path);
	bool is_open = false;
	int found = read_all(path, &key->text, &is_open, err);

	key->certified = access(certificate, R_OK) == 0;
	free(certificate);
	if (is_open && form_of(key->text.data) != KEYFILE_PUBLIC) {
		/* As sshkey_perm_ok() of OpenSSH, which refuses such a key. */
		error_set(err, ERROR_CONFIG,
		          "the key %s can be read or changed by others", path);
		return error_hint(err, "chmod 600 %s", path);
	}
	if (found == -1 || (found == 1 && keyfile_parse(key, path, err) == -1))
		return -1;
	if (key->blob.len == 0)
		read_public(path, key);
	if (found == 0 && key->blob.len == 0)
		return error_set(err, ERROR_CONFIG, "there is no key file %s", path);
	return 0;
}

void keyfile_release(struct keyfile *key)
{
	strbuf_release(&key->text);
	strbuf_release(&key->secret);
	strbuf_release(&key->blob);
}

bool keyfile_needs_agent(const char *path)
{
	struct keyfile key = KEYFILE_INIT;
	struct error ignored = ERROR_INIT;
	bool needs = keyfile_read(path, &key, &ignored) == 0 &&
	             (key.encrypted || key.form == KEYFILE_PUBLIC || key.text.len == 0 ||
	              strstr(key.text.data, "ENCRYPTED") != NULL);

	keyfile_release(&key);
	return needs;
}

/* ---- normalising ---- */

/* Is the body of a PEM key a DER SEQUENCE of just this length?  One that is cut off or
 * changed is not.  A body with headers (encrypted, RFC 1421) is not looked at. */
static bool is_whole_der(const char *body, const char *end)
{
	struct strbuf der = STRBUF_SECRET;
	const unsigned char *p;
	size_t len = 0;
	size_t bytes;
	bool whole;

	if (memchr(body, ':', (size_t)(end - body)) != NULL)
		return true;
	whole = decode(body, end, &der) && der.len > 2 && der.data[0] == 0x30;
	p = (const unsigned char *)der.data + 1;
	if (whole && *p < 0x80) {
		whole = der.len == 2U + *p;
	} else if (whole) {
		bytes = *p & 0x7fU;
		whole = bytes <= 4 && der.len > 2 + bytes;
		for (size_t i = 1; whole && i <= bytes; i++)
			len = len << 8 | p[i];
		whole = whole && der.len == 2 + bytes + len;
	}
	strbuf_release(&der);
	return whole;
}

static bool is_whole(const char *text)
{
	struct keyfile key = KEYFILE_INIT;
	struct error ignored = ERROR_INIT;
	struct armour armour;
	bool whole = false;

	strbuf_adds(&key.text, text);
	if (keyfile_parse(&key, "", &ignored) == 0) {
		if (key.form == KEYFILE_OPENSSH)
			whole = true;
		else if (key.form == KEYFILE_PEM)
			whole = find_armour(text, private_label, &armour) &&
			        is_whole_der(armour.body, armour.end);
	}
	keyfile_release(&key);
	return whole;
}

/* Append the lines of [at, end) to text without blanks around them and without empty
 * lines, but for the one that ends the headers of an encrypted PEM key (RFC 1421). */
static void add_lines(const char *at, const char *end, struct strbuf *text)
{
	static const char blanks[] = " \t\r\n";

	while (at < end) {
		const char *stop = at;

		while (stop < end && strchr("\r\n", *stop) == NULL &&
		       strncmp(stop, "\\n", 2) != 0 && strncmp(stop, "\\r", 2) != 0)
			stop++;
		for (; at < stop && strchr(blanks, *at) != NULL; at++)
			;
		if (at < stop) {
			size_t len = (size_t)(stop - at);

			while (strchr(blanks, at[len - 1]) != NULL)
				len--;
			strbuf_add(text, at, len);
			strbuf_adds(text,
			            strncmp(at, "DEK-Info:", 9) == 0 ? "\n\n" : "\n");
		}
		at = stop < end && *stop == '\\' ? stop + 2 : stop + 1;
	}
}

bool keyfile_normalise(const char *raw, struct strbuf *text)
{
	struct strbuf key = STRBUF_SECRET;
	struct strbuf lines = STRBUF_SECRET;
	struct armour armour;
	bool good;

	add_lines(raw, raw + strlen(raw), &lines);
	good = find_armour(lines.data, private_label, &armour);
	if (good) {
		strbuf_add(&key, armour.begin, (size_t)(armour.after - armour.begin));
		strbuf_adds(&key, "\n");
		good = is_whole(key.data);
	}
	if (good)
		strbuf_add(text, key.data, key.len);
	strbuf_release(&lines);
	strbuf_release(&key);
	return good;
}

/* ssh takes no CR in an openssh-key-v1 file, and no text in front of a key. */
bool keyfile_is_usable(const char *path)
{
	struct error ignored = ERROR_INIT;
	struct strbuf text = STRBUF_SECRET;
	bool usable = access(path, F_OK) == 0 && access(path, R_OK) == -1;
	bool is_open;

	if (!usable && read_all(path, &text, &is_open, &ignored) == 1)
		usable = strncmp(text.data, begin_mark, strlen(begin_mark)) == 0 &&
		         strchr(text.data, '\r') == NULL && is_whole(text.data);
	strbuf_release(&text);
	return usable;
}
