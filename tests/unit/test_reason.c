/* SPDX-License-Identifier: MIT */
/* The reason of a failure, as an SSH server says it. */

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "connect/reason.h"
#include "descriptors.h"
#include "net/fdpass.h"
#include "tap.h"

static const char *line_of(const char *text)
{
	static char line[REASON_LINE_MAX + 1];
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_UNAVAILABLE, "%s", text);
	reason_line(&err, line);
	return line;
}

static void test_line(void)
{
	char text[400];
	const char *line;

	is_str(line_of("lion does not answer; run: cxssh why"),
	       "cxssh: lion does not answer; run: cxssh why",
	       "a reason begins with cxssh");
	is_str(line_of("Permission denied"), "cxssh: failed; run: cxssh why",
	       "words that clients act upon are not passed on");
	is_str(line_of(""), "cxssh: failed; run: cxssh why", "no reason is empty");
	is_str(line_of("caf\xc3\xa9\tau\nlait"), "cxssh: caf???au?lait",
	       "what is not printable ASCII is replaced");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	line = line_of(text);
	ok(strlen(line) == strlen("cxssh: ") + REASON_CAUSE_MAX, "a long cause is cut");
	memcpy(text + 300, "; run: cxssh why lion", sizeof("; run: cxssh why lion"));
	line = line_of(text);
	is_str(line + strlen(line) - strlen(" run: cxssh why lion"),
	       " run: cxssh why lion", "the command that helps is kept");
	memset(text + 200, 'y', 199);
	memcpy(text + 100, "; run: ", 7);
	ok(strlen(line_of(text)) <= REASON_LINE_MAX,
	   "no line is longer than 350 characters");
	memset(text, 'x', 300);
	memcpy(text + 147 - 21, "closed by remote host, it seems", 31);
	memcpy(text + 300, "; run: cxssh why lion", sizeof("; run: cxssh why lion"));
	is_str(line_of(text), "cxssh: failed; run: cxssh why",
	       "no words that clients act upon come from where a cause is cut");
	memcpy(text, "no; run: ", 9);
	memset(text + 9, 'x', 390);
	text[REASON_LINE_MAX - 7 - 1] = '>';
	is_str(line_of(text), "cxssh: failed; run: cxssh why",
	       "a line that is cut does not end as a prompt does");
}

static size_t u32(const unsigned char *at)
{
	return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

/* RFC 4253, 6 and 11.1. */
static bool is_disconnect(const unsigned char *bytes, size_t len, const char *text)
{
	static const char banner[] = "SSH-2.0-cxssh\r\n";
	const unsigned char *at = bytes + sizeof(banner) - 1;
	size_t left = len - (sizeof(banner) - 1);
	size_t n = strlen(text);

	return len > sizeof(banner) && memcmp(bytes, banner, sizeof(banner) - 1) == 0 &&
	       left % 8 == 0 && u32(at) == left - 4 && at[4] >= 4 && at[5] == 1 &&
	       u32(at + 6) == 7 && u32(at + 10) == n && memcmp(at + 14, text, n) == 0 &&
	       u32(at + 14 + n) == 0 && 14 + n + 4 + at[4] == left;
}

static void test_stream(void)
{
	struct strbuf bytes = STRBUF_INIT;
	char text[REASON_LINE_MAX + 1] = "";
	bool all = true;

	for (size_t n = 0; n <= REASON_LINE_MAX; n++) {
		strbuf_clear(&bytes);
		reason_stream(text, &bytes);
		all = all && bytes.len <= REASON_LINE_MAX + 64 &&
		      is_disconnect((const unsigned char *)bytes.data, bytes.len, text);
		text[n < REASON_LINE_MAX ? n : 0] = 'a';
	}
	strbuf_release(&bytes);
	ok(all, "every length of line makes one well-formed SSH_MSG_DISCONNECT");
}

static size_t read_all(int fd, unsigned char *bytes, size_t cap)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, bytes + len, cap - len)) > 0)
		len += (size_t)n;
	return len;
}

/* As ssh in fdpass mode: the descriptor, and then its text. */
static void test_descriptor(void)
{
	unsigned char bytes[1024];
	int ends[2];
	int before = open_descriptors();
	char byte;
	int fd;

	(void)socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	ok(reason_send(ends[1], ends[1], "cxssh: no") == 0, "ssh gets a descriptor");
	(void)close(ends[1]);
	ok(fdpass_read(ends[0], &byte, 1, &fd) == 1 && fd != -1,
	   "the descriptor for ssh comes with one byte");
	ok(write(fd, "SSH-2.0-OpenSSH\r\n", 17) == 17,
	   "ssh can write its banner although no process holds the other end");
	ok(is_disconnect(bytes, read_all(fd, bytes, sizeof(bytes)), "cxssh: no"),
	   "ssh reads the reason, then the end");
	(void)close(fd);
	(void)close(ends[0]);
	(void)socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	(void)close(ends[0]);
	ok(reason_send(ends[1], ends[1], "cxssh: no") == -1,
	   "a client that is gone is seen");
	(void)close(ends[1]);
	ok(open_descriptors() == before,
	   "a reason that was sent leaves no descriptor open");
}

static void test_bytes(void)
{
	unsigned char bytes[1024];
	int in[2];
	int out[2];
	int null = open("/dev/null", O_RDONLY);

	(void)!pipe(in);
	(void)!pipe(out);
	if (fork() == 0) {
		size_t n;

		/* A client that writes first, and closes when it has read the reason. */
		(void)close(in[0]);
		(void)close(out[1]);
		(void)!write(in[1], "SSH-2.0-paramiko\r\n", 18);
		n = (size_t)read(out[0], bytes, sizeof(bytes));
		_exit(is_disconnect(bytes, n, "cxssh: no") ? 0 : 1);
	}
	(void)close(in[1]);
	(void)close(out[0]);
	ok(reason_send(in[0], out[1], "cxssh: no") == 0, "other clients get bytes");
	{
		int status = -1;

		(void)wait(&status);
		ok(status == 0, "a client that gets bytes can write before it reads");
	}
	ok(reason_send(in[0], out[1], "cxssh: no") == -1,
	   "a client that has closed its pipe is seen");
	ok(reason_send(null, out[1], "cxssh: no") == -1,
	   "no bytes are written where no client can answer");
	(void)close(in[0]);
	(void)close(out[1]);
	(void)close(null);
}

int main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	test_line();
	test_stream();
	test_descriptor();
	test_bytes();
	return done_testing();
}
