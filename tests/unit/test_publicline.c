/* SPDX-License-Identifier: MIT */
/* The public half of a key as one line; the keys are those of tests/fuzz/corpus. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "keys/keyfile.h"
#include "keys/publicline.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-test-publicline.XXXXXX";
static char key[128];

/* "key" from the corpus, without the letter that the target reads first; in "key.pub"
 * this text (NULL: there is none). */
static void put(const char *corpus, const char *public)
{
	char command[512];
	FILE *f;

	(void)snprintf(command, sizeof(command),
	               "rm -f '%s' '%s.pub'; umask 077; tail -c +2 "
	               "tests/fuzz/corpus/keyfile/%s >'%s'",
	               key, key, corpus, key);
	if (system(command) != 0)
		(void)printf("Bail out! no %s\n", corpus);
	(void)snprintf(command, sizeof(command), "%s.pub", key);
	if (public != NULL && (f = fopen(command, "w")) != NULL) {
		(void)fputs(public, f);
		(void)fclose(f);
	}
}

static const char *line_of(const char *corpus, const char *public)
{
	static struct strbuf line = STRBUF_INIT;
	static struct error err;

	put(corpus, public);
	err = (struct error)ERROR_INIT;
	strbuf_clear(&line);
	return publicline_read(key, &line, &err) == 0 ? line.data : err.text;
}

#define SEED \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIGSS2eLgxY1SivtsenVnsWrj102kVdbjLgHwjlfInC/A"
#define OTHER \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void test_read(void)
{
	is_str(line_of("openssh-ed25519", NULL), SEED,
	       "a private key gives its public half");
	is_str(line_of("openssh-ed25519", SEED " me@here\nmore\n"), SEED " me@here",
	       "the comment comes from FILE.pub");
	is_str(line_of("openssh-ed25519", OTHER " me@here\n"), SEED,
	       "a FILE.pub of another key does not count");
	is_str(line_of("public-ed25519", NULL), SEED, "a public key file gives its key");
	ok(strstr(line_of("pem-encrypted", NULL), "its public key is not known; run: "
	                                          "ssh-keygen -y -f ") != NULL,
	   "an encrypted key without FILE.pub is an error with the command that helps");
	ok(strstr(line_of("words", NULL), key) != NULL, "an error names the file");
	ok(strncmp(line_of("public-damaged", NULL), "ssh-", 4) != 0,
	   "a public key that was cut off is refused");
}

static void test_lines(void)
{
	char shown[PUBLICLINE_SHOWN];

	ok(publicline_same(SEED " one", SEED), "lines are the same by their keys");
	ok(!publicline_same("", ""), "lines without a key are not the same");
	ok(!publicline_same(SEED, OTHER), "lines with other keys are not the same");
	publicline_show(SEED " a\033b", shown);
	ok(strncmp(shown, "ssh-ed25519 SHA256:", 19) == 0 &&
	           strcmp(shown + strlen(shown) - 4, " a?b") == 0,
	   "a line is shown by its fingerprint, and is printable");
}

static void test_needs_agent(void)
{
	put("openssh-ed25519", NULL);
	ok(!keyfile_needs_agent(key), "a key in a file needs no agent");
	put("openssh-encrypted", NULL);
	ok(keyfile_needs_agent(key), "an encrypted key needs the agent");
	put("pem-encrypted", NULL);
	ok(keyfile_needs_agent(key), "an encrypted key of the old form needs the agent");
	put("public-ed25519", NULL);
	ok(keyfile_needs_agent(key), "a public key needs the agent");
	(void)unlink(key);
	ok(!keyfile_needs_agent(key), "a file that is missing needs no agent");
}

int main(void)
{
	char command[128];

	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(key, sizeof(key), "%s/key", folder);
	test_read();
	test_lines();
	test_needs_agent();
	(void)snprintf(command, sizeof(command), "rm -rf --one-file-system '%s'", folder);
	(void)!system(command);
	return done_testing();
}
