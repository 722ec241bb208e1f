/* SPDX-License-Identifier: MIT */
/* Which client called, and whether the descriptor that is sent really works. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "descriptors.h"
#include "net/fdpass.h"
#include "tap.h"

static void pair(int type, int ends[2])
{
	if (socketpair(AF_UNIX, type, 0, ends) == -1)
		abort();
}

static void close_both(int ends[2])
{
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_openssh(void)
{
	int ends[2];
	int copy;

	pair(SOCK_STREAM, ends);
	ok(fdpass_wanted(ends[0], ends[0]), "one socket that says nothing is OpenSSH");
	copy = dup(ends[0]);
	ok(fdpass_wanted(ends[0], copy) && fdpass_wanted(copy, ends[0]),
	   "one socket as two descriptors, as ssh gives it, is OpenSSH");
	ok((fcntl(ends[0], F_GETFL) & O_NONBLOCK) == 0,
	   "fdpass_wanted() leaves the socket blocking");
	ok(fdpass_wanted(ends[0], copy), "fdpass_wanted() gives the same answer again");
	(void)close(copy);
	close_both(ends);
}

static void test_others(void)
{
	int ends[2];
	int more[2];
	char text[16] = "";
	int null = open("/dev/null", O_RDWR);

	pair(SOCK_STREAM, ends);
	(void)!write(ends[1], "SSH-2.0-libssh\r\n", 16);
	ok(!fdpass_wanted(ends[0], ends[0]), "one socket with a banner in it is libssh");
	ok(read(ends[0], text, sizeof(text)) == 16 && memcmp(text, "SSH-2.0", 7) == 0,
	   "fdpass_wanted() leaves the banner to be read");
	close_both(ends);

	pair(SOCK_STREAM, ends);
	(void)close(ends[1]);
	ok(!fdpass_wanted(ends[0], ends[0]),
	   "one socket whose other end is gone wants nothing");
	(void)close(ends[0]);

	pair(SOCK_STREAM, ends);
	pair(SOCK_STREAM, more);
	ok(!fdpass_wanted(ends[0], more[0]), "two sockets want bytes");
	ok(!fdpass_wanted(ends[0], ends[1]), "the two ends of one socketpair want bytes");
	ok(!fdpass_wanted(ends[0], null) && !fdpass_wanted(null, ends[0]),
	   "a socket and another file want bytes");
	close_both(ends);
	close_both(more);

	if (pipe(ends) == -1 || pipe(more) == -1)
		abort();
	ok(!fdpass_wanted(ends[0], more[1]), "two pipes want bytes");
	ok(!fdpass_wanted(ends[0], ends[0]), "one pipe as input and output wants bytes");
	close_both(ends);
	close_both(more);

	pair(SOCK_DGRAM, ends);
	ok(!fdpass_wanted(ends[0], ends[0]), "a datagram socket wants nothing");
	close_both(ends);
	tcp_pair(ends);
	ok(!fdpass_wanted(ends[0], ends[0]),
	   "a TCP connection, as inetd gives it, wants bytes");
	close_both(ends);
	ok(!fdpass_wanted(null, null), "/dev/null wants nothing");
	(void)close(null);
	ok(!fdpass_wanted(-1, -1) && !fdpass_wanted(null, null),
	   "what is not open wants nothing");
}

/* A child, which is not called ssh either, writes the banner after delay_ms. */
static bool wanted_after(int delay_ms)
{
	const struct timespec delay = { .tv_nsec = delay_ms * 1000000L };
	int ends[2];
	pid_t pid;
	bool wanted;

	pair(SOCK_STREAM, ends);
	pid = fork();
	if (pid == 0) {
		(void)nanosleep(&delay, NULL);
		(void)!write(ends[1], "SSH-2.0-libssh\r\n", 16);
		_exit(0);
	}
	wanted = fdpass_wanted_at_start(ends[0], ends[0]);
	(void)waitpid(pid, NULL, 0);
	close_both(ends);
	return wanted;
}

static void test_at_start(void)
{
	int ends[2];

	ok(!wanted_after(0), "one socket is libssh when its banner comes at once");
	ok(!wanted_after(150), "one socket is libssh when its banner comes late");
	pair(SOCK_STREAM, ends);
	ok(fdpass_wanted_at_start(ends[0], ends[0]),
	   "one socket that says nothing for a second is OpenSSH, whatever its program "
	   "is called");
	(void)close(ends[1]);
	ok(!fdpass_wanted_at_start(ends[0], ends[0]),
	   "one socket whose other end is gone wants nothing at the start, too");
	(void)close(ends[0]);
}

static bool carries(int from, int to, const char *words)
{
	char heard[32] = "";
	size_t len = strlen(words);

	return write(from, words, len) == (ssize_t)len &&
	       read(to, heard, sizeof(heard)) == (ssize_t)len &&
	       strcmp(heard, words) == 0;
}

static void test_arrives(void)
{
	struct error err = ERROR_INIT;
	int ssh[2];
	int net[2];
	char text[8] = "xxxxxxx";
	ssize_t len;
	int got;

	pair(SOCK_STREAM, ssh);
	tcp_pair(net);
	ok(fdpass_send(ssh[0], net[0], &err) == 0, "a connection is sent");
	(void)close(net[0]);
	(void)close(ssh[0]);
	len = fdpass_read(ssh[1], text, sizeof(text), &got);
	ok(got != -1, "a descriptor arrives although its sender is gone");
	ok(len == 1 && text[0] == '\0',
	   "a descriptor comes with one byte, as ssh expects");
	ok((fcntl(got, F_GETFD) & FD_CLOEXEC) != 0,
	   "a descriptor that arrived is close-on-exec");
	ok(carries(got, net[1], "from ssh") && carries(net[1], got, "from the server"),
	   "a descriptor that arrived carries bytes both ways");
	(void)close(got);
	(void)close(net[1]);
	(void)close(ssh[1]);
}

static void test_no_descriptor(void)
{
	int ends[2];
	char text[8];
	int fd = 0;

	pair(SOCK_STREAM, ends);
	(void)!write(ends[0], "error", 5);
	ok(fdpass_read(ends[1], text, sizeof(text), &fd) == 5 && fd == -1 &&
	           memcmp(text, "error", 5) == 0,
	   "bytes that come without a descriptor are read");
	(void)close(ends[0]);
	ok(fdpass_read(ends[1], text, sizeof(text), &fd) == 0 && fd == -1,
	   "the end of the connection is 0 bytes and no descriptor");
	(void)close(ends[1]);
	ok(fdpass_read(-1, text, sizeof(text), &fd) == -1 && errno == EBADF && fd == -1,
	   "a descriptor that is not open gives EBADF");
}

static int lowest_free(void)
{
	int fd = dup(0);

	(void)close(fd);
	return fd;
}

static void test_names(void)
{
	ok(fdpass_is_ssh("/usr/bin/ssh") && fdpass_is_ssh("/opt/hpn/bin/hpnssh"),
	   "a program whose name ends in ssh is OpenSSH");
	ok(fdpass_is_ssh("/usr/bin/ssh.real") && fdpass_is_ssh("/usr/bin/ssh-10.2") &&
	           fdpass_is_ssh("/nix/store/x/bin/.ssh-wrapped"),
	   "an OpenSSH that was renamed by the system is OpenSSH");
	ok(fdpass_is_ssh("/usr/bin/ssh (deleted)") &&
	           fdpass_is_ssh("/opt/hpn/bin/hpnssh (deleted)"),
	   "an OpenSSH that was upgraded meanwhile is OpenSSH");
	ok(!fdpass_is_ssh("/usr/bin/python3.11") &&
	           !fdpass_is_ssh("/opt/ssh/bin/remmina") &&
	           !fdpass_is_ssh("/usr/bin/sh") && !fdpass_is_ssh(""),
	   "a program of another name is not");
}

/* Two descriptors in one message are not what cxssh sends. */
static void test_too_many(void)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
	int ends[2];
	int two[2] = { 0, 0 };
	char byte = 'x';
	struct iovec bytes = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &bytes,
		                  .msg_iovlen = 1,
		                  .msg_control = &control,
		                  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;
	char text[8];
	int fd = 0;
	int before;

	pair(SOCK_STREAM, ends);
	memset(&control, 0, sizeof(control));
	header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(two));
	memcpy(CMSG_DATA(header), two, sizeof(two));
	before = lowest_free();
	ok(sendmsg(ends[0], &message, 0) == 1 &&
	           fdpass_read(ends[1], text, sizeof(text), &fd) == 1 && fd == -1,
	   "of two descriptors in one message none is taken");
	ok(lowest_free() == before, "neither of two descriptors stays open");
	close_both(ends);
}

static void test_nobody_takes_it(void)
{
	struct error err = ERROR_INIT;
	int ends[2];

	pair(SOCK_STREAM, ends);
	(void)close(ends[1]);
	ok(fdpass_send(ends[0], 0, &err) == -1 && err.code == ERROR_INTERNAL,
	   "where ssh is gone, sending fails without SIGPIPE");
	is_str(err.text, "handing the connection to ssh: Broken pipe",
	       "the message says what failed");
	(void)close(ends[0]);
	pair(SOCK_STREAM, ends);
	ok(fdpass_send(ends[0], -1, &err) == -1,
	   "a descriptor that is not open cannot be sent");
	close_both(ends);
}

int main(void)
{
	if (fcntl(0, F_GETFD) == -1)
		(void)open("/dev/null", O_RDONLY);
#ifdef MSG_NOSIGNAL
	(void)signal(SIGPIPE, SIG_DFL); /* must not be needed */
#else
	(void)signal(SIGPIPE, SIG_IGN);
#endif
	test_openssh();
	test_names();
	test_others();
	test_at_start();
	test_arrives();
	test_no_descriptor();
	test_too_many();
	test_nobody_takes_it();
	return done_testing();
}
