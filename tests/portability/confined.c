/* SPDX-License-Identifier: MIT */
/*
 * confined.c - what a broker must still be able to do once it is confined, in a build
 * for another processor: each processor has system calls of its own.  Prints TAP.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/error.h"
#include "broker/confine.h"
#include "net/fdpass.h"
#include "runtime/log.h"
#include "tap.h"

static void test_bytes(int one, int other)
{
	char got[8];

	ok(send(one, "word", 4, MSG_NOSIGNAL) == 4, "send(2) works in a confined broker");
	ok(poll(&(struct pollfd){ .fd = other, .events = POLLIN }, 1, 1000) == 1,
	   "poll(2) works in a confined broker");
	ok(recv(other, got, sizeof(got), MSG_DONTWAIT) == 4,
	   "recv(2) works in a confined broker");
	ok(write(one, "word", 4) == 4 && read(other, got, sizeof(got)) == 4,
	   "read(2) and write(2) work in a confined broker");
}

static void test_descriptors(int one, int other)
{
	struct error err = ERROR_INIT;
	char text[8];
	int passed = -1;

	ok(fdpass_send(one, other, &err) == 0 &&
	           fdpass_read(other, text, sizeof(text), &passed) == 1 && passed != -1,
	   "a confined broker can pass a descriptor");
	ok(shutdown(one, SHUT_WR) == 0, "shutdown(2) works in a confined broker");
}

static void test_process(int one)
{
	struct stat st;
	int value = 0;
	socklen_t size = sizeof(value);

	errno = 0;
	(void)getuid();
	(void)geteuid();
	(void)getgid();
	(void)getegid();
	ok(errno == 0, "a confined broker learns whose process it is");
	ok(getsockopt(one, SOL_SOCKET, SO_ERROR, &value, &size) == 0,
	   "getsockopt(2) works in a confined broker");
	ok(fstat(one, &st) == 0, "fstat(2) works in a confined broker");
	ok(deadline_now_ms() > 0, "a confined broker has a clock");
	log_step("in a confined process");
	ok(1, "a confined broker can write its log");
}

int main(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return 1;
	log_start("confined", "test", 1 << 20);
	confine_begin(NULL);
	confine_settle();
	test_bytes(pair[0], pair[1]);
	test_process(pair[0]);
	test_descriptors(pair[0], pair[1]);
	ok(socket(AF_INET, SOCK_STREAM, 0) != -1 && socket(AF_INET6, SOCK_DGRAM, 0) != -1,
	   "a confined broker makes sockets to log in anew");
	ok(fork() == -1 && errno == EPERM, "a confined broker starts no process");
	return done_testing();
}
