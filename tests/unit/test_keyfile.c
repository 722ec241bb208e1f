/* SPDX-License-Identifier: MIT */
/* Key files: what an API or an editor made of them, and what they are instead. */

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "keys/keyfile.h"
#include "tap.h"

/* A DER SEQUENCE of three bytes, and an openssh-key-v1 key without anything secret. */
#define BODY "MAMBAgM="
#define BEGIN "-----BEGIN RSA PRIVATE KEY-----"
#define END "-----END RSA PRIVATE KEY-----"
#define KEY_LINES BEGIN "\n" BODY "\n" END
#define KEY KEY_LINES "\n"

static const struct {
	const char *what;
	const char *raw;
	const char *text; /* NULL: refused */
} raws[] = {
	{ "a key as ssh takes it stays as it is", KEY, KEY },
	{ "CR LF becomes LF", BEGIN "\r\n" BODY "\r\n" END "\r\n\r\n", KEY },
	{ "blanks around lines go", "  " BEGIN " \n\t" BODY " \n " END, KEY },
	{ "two characters \\n become a line end", BEGIN "\\n" BODY "\\n" END "\\n", KEY },
	{ "two characters \\r before them go", BEGIN "\\r\\n" BODY "\\r\\n" END, KEY },
	{ "text around the key goes", "Bag Attributes\n" KEY "bye\n", KEY },
	{ "text in the lines of the armour goes", "a " KEY_LINES " b\n", KEY },
	{ "parameters in front of an EC key go",
	  "-----BEGIN EC PARAMETERS-----\nBgg=\n-----END EC PARAMETERS-----\n" KEY, KEY },
	{ "an encrypted key keeps its headers and the line behind them",
	  BEGIN "\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,AB\r\n\r\n" BODY
	        "\r\n" END,
	  BEGIN "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\n" BODY "\n" END
	        "\n" },
	{ "nothing is no key", "", NULL },
	{ "words are no key", "not a key", NULL },
	{ "a public key is no private key",
	  "-----BEGIN PUBLIC KEY-----\n" BODY "\n-----END PUBLIC KEY-----\n", NULL },
	{ "a certificate is no private key",
	  "-----BEGIN CERTIFICATE-----\n" BODY "\n-----END CERTIFICATE-----\n", NULL },
	{ "a key without its last line is no whole key", BEGIN "\n" BODY "\n", NULL },
	{ "a key whose last line is another's is no whole key",
	  BEGIN "\n" BODY "\n-----END EC PRIVATE KEY-----\n", NULL },
	{ "a key that was cut off inside is no whole key", BEGIN "\nMAMBAg==\n" END "\n",
	  NULL },
	{ "a key with bytes behind it is no whole key", BEGIN "\nMAMBAgME\n" END "\n",
	  NULL },
	{ "a key that is no base64 is no whole key", BEGIN "\n*****\n" END "\n", NULL },
	{ "a key of nothing is no whole key", BEGIN "\n" END "\n", NULL },
	{ "a key of OpenSSH's form with other content is no whole key",
	  "-----BEGIN OPENSSH PRIVATE KEY-----\n" BODY
	  "\n-----END OPENSSH PRIVATE KEY-----\n",
	  NULL },
};

static void test_normalise(void)
{
	for (size_t i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
		struct strbuf text = STRBUF_INIT;
		bool good = keyfile_normalise(raws[i].raw, &text);

		ok(good == (raws[i].text != NULL), "%s", raws[i].what);
		is_str(text.data, good ? raws[i].text : "", "%s: the text", raws[i].what);
		strbuf_release(&text);
	}
}

static void test_long(void)
{
	struct strbuf raw = STRBUF_INIT;
	struct strbuf text = STRBUF_INIT;

	for (int i = 0; i < 60 * 1024; i++)
		strbuf_adds(&raw, "A");
	ok(!keyfile_normalise(raw.data, &text), "60 KB of A is no private key");
	strbuf_release(&raw);
	strbuf_release(&text);
}

static char path[] = "/tmp/cxssh-key.XXXXXX";

static void put(const char *text, mode_t mode)
{
	FILE *f;

	(void)unlink(path);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0 ||
	    chmod(path, mode) != 0)
		abort();
}

static void test_usable(void)
{
	put(KEY, 0600);
	ok(keyfile_is_usable(path), "a whole key is usable");
	put(BEGIN "\r\n" BODY "\r\n" END "\r\n", 0600);
	ok(!keyfile_is_usable(path), "a key with CR is not usable");
	put("\n" KEY, 0600);
	ok(!keyfile_is_usable(path), "a key below an empty line is not usable");
	put("", 0600);
	ok(!keyfile_is_usable(path), "an empty file is not usable");
	put("junk", 0600);
	ok(!keyfile_is_usable(path), "junk is not usable");
	(void)unlink(path);
	ok(!keyfile_is_usable(path), "a file that is missing is not usable");
	(void)mkfifo(path, 0600);
	ok(!keyfile_is_usable(path), "a FIFO is not usable, and is not waited for");
	(void)unlink(path);
}

static const struct {
	const char *text;
	const char *said;
} others[] = {
	{ "hello\n", " is not a private key" },
	{ "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
	  " is a key of PuTTY, not of OpenSSH; run: puttygen " },
	{ "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
	  " is a certificate or a public key in PEM, not a private key" },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
	  " is damaged: not a whole OpenSSH key" },
};

static void test_read(void)
{
	struct keyfile key = KEYFILE_INIT;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		put(others[i].text, 0600);
		ok(keyfile_read(path, &key, &err) == -1 && err.code == ERROR_CONFIG &&
		           strstr(err.text, others[i].said) != NULL,
		   "a file that is no key is refused: %s", err.text);
		keyfile_release(&key);
		key = (struct keyfile)KEYFILE_INIT;
	}
	put("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@here\n", 0644);
	ok(keyfile_read(path, &key, &err) == 0 && key.form == KEYFILE_PUBLIC &&
	           key.blob.len == 15,
	   "a public key is read: ssh-agent may have the private half");
	keyfile_release(&key);
	key = (struct keyfile)KEYFILE_INIT;
	put("ssh-ed25519\tAAAAC3NzaC1lZDI1NTE5\tme@here\n", 0644);
	ok(keyfile_read(path, &key, &err) == 0 && key.blob.len == 15,
	   "a tab ends a public key as a blank does");
	keyfile_release(&key);
	key = (struct keyfile)KEYFILE_INIT;
	put(KEY, 0640);
	ok(keyfile_read(path, &key, &err) == -1 && strstr(err.text, "chmod 600") != NULL,
	   "a key that others can read is refused");
	keyfile_release(&key);
	key = (struct keyfile)KEYFILE_INIT;
	(void)unlink(path);
	(void)mkfifo(path, 0600);
	ok(keyfile_read(path, &key, &err) == -1 &&
	           strstr(err.text, "is not a regular file") != NULL,
	   "a FIFO is refused, and is not waited for");
	keyfile_release(&key);
	(void)unlink(path);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd == -1)
		return 1;
	(void)close(fd);
	test_normalise();
	test_long();
	test_usable();
	test_read();
	return done_testing();
}
