/* SPDX-License-Identifier: MIT */
/* What "ssh -G" prints, and what it prints when it refuses its configuration. */

#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "bastion/sshdump.h"
#include "tap.h"

static const char printed[] = "user root\n"
			      "hostname 192.0.2.1\n"
			      "port\n"
			      "hostname second\n"
			      "identityfile  two blanks \n"
			      "last word";

static void is_value(const char *keyword, const char *value, const char *what)
{
	char *got = sshdump_value(printed, keyword);

	if (value == NULL)
		ok(got == NULL, "%s", what);
	else
		is_str(got == NULL ? "(none)" : got, value, "%s", what);
	free(got);
}

static void test_value(void)
{
	is_value("user", "root", "a keyword has the value behind it");
	is_value("HostName", "192.0.2.1",
	         "a keyword is found in any case, and its first line counts");
	is_value("host", NULL, "a part of a keyword is not found");
	is_value("port", NULL, "a keyword without a value has none");
	is_value("identityfile", " two blanks ", "blanks of a value are kept");
	is_value("last", "word", "a last line without an end is read");
	is_value("proxycommand", NULL, "a keyword that is not there has no value");
}

static const char *refusal(const char *file, const char *text)
{
	static struct error err;

	err = (struct error)ERROR_INIT;
	(void)sshdump_refusal(file, text, &err);
	return err.text;
}

static void test_refusal(void)
{
	is_str(refusal("/tmp/draft", "/tmp/draft: line 3: Bad option\r\n/tmp/draft: end"),
	       "ssh says: line 3: Bad option",
	       "a refusal is ssh's first line without the name of the file");
	is_str(refusal(NULL, "/home/u/.ssh/config: line 3: Bad option"),
	       "ssh says: /home/u/.ssh/config: line 3: Bad option",
	       "the name of the user's own file stays in a refusal");
	is_str(refusal(NULL, ""), "ssh says: nothing, but that it failed",
	       "a refusal without words is told, too");
	is_str(refusal(NULL, "no \033[1m\xc3\xa9"), "ssh says: no ?[1m??",
	       "control characters of a refusal are replaced");
	is_str(refusal(NULL, "Bad owner or permissions on /home/u/.ssh/config\n"),
	       "ssh says: Bad owner or permissions on /home/u/.ssh/config; run: chmod "
	       "go-w /home/u/.ssh/config",
	       "a file that others may write is refused with the command that helps");
}

/* ssh itself, by a file of its own. */
static void test_ssh(void)
{
	char path[] = "/tmp/cxssh-test-sshdump.XXXXXX";
	int fd = mkstemp(path);
	struct strbuf output = STRBUF_INIT;
	struct error err = ERROR_INIT;
	char *value;

	ok(fd != -1 && write(fd, "Host a\nPort 77\n", 15) == 15,
	   "a file is made for ssh");
	ok(sshdump_config(path, "a", deadline_in(10000), &output, &err) == 0,
	   "ssh takes the file");
	value = sshdump_value(output.data, "Port");
	is_str(value == NULL ? "(none)" : value, "77", "ssh prints what the file sets");
	free(value);
	strbuf_clear(&output);
	ok(write(fd, "No such option\n", 15) == 15, "a bad line is added");
	ok(sshdump_config(path, "a", deadline_in(10000), &output, &err) == -1 &&
	           err.code == ERROR_CONFIG,
	   "a file that ssh refuses is an error of the configuration");
	ok(strncmp(err.text, "ssh says: line 3: ", 18) == 0,
	   "the message begins with the line that ssh names");
	strbuf_release(&output);
	(void)close(fd);
	(void)unlink(path);
}

int main(void)
{
	test_value();
	test_refusal();
	test_ssh();
	return done_testing();
}
