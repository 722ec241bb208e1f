/* SPDX-License-Identifier: MIT */
/* What a server does in place of a key exchange, and what that tells of it. */

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/libssh2hostkey.h"
#include "tap.h"

/* A server that says text, reads as far as the client's SSH_MSG_KEXINIT, says more, and
 * hangs up. */
static void serve(int fd, const char *text, const char *more, size_t more_len)
{
	char bytes[4096];
	size_t got = 0;
	ssize_t n = 1;

	(void)!write(fd, text, strlen(text));
	while (got < 100 && n > 0) {
		n = read(fd, bytes, sizeof(bytes));
		got += n > 0 ? (size_t)n : 0;
	}
	(void)!write(fd, more, more_len);
	_exit(0);
}

static int learn(const char *text, const char *more, size_t more_len, struct error *err)
{
	struct strbuf blob = STRBUF_INIT;
	struct strvec none = STRVEC_INIT;
	int ends[2];
	pid_t pid;
	int rc;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		abort();
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		serve(ends[1], text, more, more_len);
	}
	(void)close(ends[1]);
	*err = (struct error)ERROR_INIT;
	rc = libssh2hostkey_learn(ends[0], &none, &blob, deadline_in(5000), err);
	(void)close(ends[0]);
	(void)waitpid(pid, NULL, 0);
	ok(blob.len == 0, "a server that hangs up shows no key");
	strbuf_release(&blob);
	return rc;
}

int main(void)
{
	static const char half[] = { 0, 0, 2, 68, 10, 20 };
	static const char banner[] = "SSH-2.0-libssh_0.10.6\r\n";
	struct error err;

	(void)setenv("HOME", "/dev/null/none", 1);
	(void)setenv("XDG_CACHE_HOME", "/dev/null/none", 1);
	ok(learn(banner, "", 0, &err) == LIBSSH2HOSTKEY_UNABLE,
	   "a server that reads a SSH_MSG_KEXINIT and sends none may know other "
	   "algorithms");
	ok(strstr(err.text, "it hung up") != NULL, "the message says that it hung up");
	ok(learn(banner, half, sizeof(half), &err) == -1,
	   "a server that hangs up within its SSH_MSG_KEXINIT has failed");
	ok(learn("SSH-2.0-lib", "", 0, &err) == -1,
	   "a server that hangs up within its identification has failed");
	return done_testing();
}
