/* SPDX-License-Identifier: MIT */
/*
 * linkcheck - is a line what it should be?
 *
 *   linkcheck serve ADDR PORT          echo datagrams, swallow streams, for ever
 *   linkcheck ping ADDR PORT COUNT     one datagram after the other
 *   linkcheck burst ADDR PORT COUNT    all at once, to see what is lost
 *   linkcheck connect ADDR PORT COUNT  how long a TCP connect takes
 *   linkcheck stream ADDR PORT MIB     how fast bytes go
 *
 * Each but the first prints one line: ping and connect "MIN MEDIAN P95 MAX" in
 * microseconds, burst "SENT RETURNED REORDERED", stream MB/s (10^6).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 64 << 20, COUNT_MAX = 100000, WAIT_MS = 2000 };

static int fail(const char *what)
{
	(void)fprintf(stderr, "linkcheck: %s: %s\n", what, strerror(errno));
	return -1;
}

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int open_socket(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	int size = BUFFER;

	/* What is lost is to be the line's loss. */
	if (fd != -1 && type == SOCK_DGRAM) {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	}
	return fd;
}

static int open_toward(int type, const struct sockaddr_in *to)
{
	int fd = open_socket(type);

	if (fd == -1 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) == -1) {
		if (fd != -1)
			(void)close(fd);
		return fail("connect");
	}
	return fd;
}

static void swallow(int listener)
{
	static char block[1 << 20];
	int fd = accept(listener, NULL, NULL);

	while (fd != -1 && read(fd, block, sizeof(block)) > 0)
		;
	if (fd != -1)
		(void)close(fd); /* the end of the stream, told to its sender */
}

static int serve(const struct sockaddr_in *at, int64_t unused)
{
	struct pollfd fds[2] = { { .fd = open_socket(SOCK_DGRAM), .events = POLLIN },
		                 { .fd = open_socket(SOCK_STREAM), .events = POLLIN } };
	const int one = 1;

	(void)unused;
	(void)setsockopt(fds[1].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	for (int i = 0; i < 2; i++)
		if (bind(fds[i].fd, (const struct sockaddr *)at, sizeof(*at)) == -1)
			return fail("bind");
	if (listen(fds[1].fd, 128) == -1)
		return fail("listen");
	while (poll(fds, 2, -1) > 0 || errno == EINTR) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		char bytes[2048];
		ssize_t n;

		if (fds[1].revents != 0)
			swallow(fds[1].fd);
		if (fds[0].revents == 0)
			continue;
		n = recvfrom(fds[0].fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from,
		             &len);
		if (n >= 0)
			(void)sendto(fds[0].fd, bytes, (size_t)n, 0,
			             (struct sockaddr *)&from, len);
	}
	return fail("poll");
}

static int by_size(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int print_spread(int64_t *values, size_t n)
{
	if (n == 0) {
		errno = ETIMEDOUT;
		return fail("nothing came back");
	}
	qsort(values, n, sizeof(*values), by_size);
	(void)printf("%lld %lld %lld %lld\n", (long long)values[0],
	             (long long)values[n / 2], (long long)values[n * 95 / 100],
	             (long long)values[n - 1]);
	return 0;
}

static bool readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, WAIT_MS) == 1;
}

static int ping(const struct sockaddr_in *to, int64_t count)
{
	static int64_t took[COUNT_MAX];
	size_t n = 0;
	int fd = open_toward(SOCK_DGRAM, to);

	if (fd == -1)
		return -1;
	for (int64_t i = 0; i < count; i++) {
		int64_t start = now_us();

		if (send(fd, &start, sizeof(start), 0) == -1)
			return fail("send");
		if (readable(fd) && recv(fd, &start, sizeof(start), 0) == sizeof(start))
			took[n++] = now_us() - start;
	}
	return print_spread(took, n);
}

static int burst(const struct sockaddr_in *to, int64_t count)
{
	int64_t back = 0, reordered = 0, next = 0, number[64] = { 0 };
	int fd = open_toward(SOCK_DGRAM, to);

	if (fd == -1)
		return -1;
	for (number[0] = 0; number[0] < count; number[0]++)
		if (send(fd, number, sizeof(number), 0) == -1)
			return fail("send");
	while (back < count && readable(fd)) {
		if (recv(fd, number, sizeof(number), 0) != (ssize_t)sizeof(number))
			return fail("recv");
		if (number[0] < next)
			reordered++;
		next = number[0] + 1;
		back++;
	}
	(void)printf("%lld %lld %lld\n", (long long)count, (long long)back,
	             (long long)reordered);
	return 0;
}

static int connects(const struct sockaddr_in *to, int64_t count)
{
	static int64_t took[COUNT_MAX];
	size_t n = 0;

	for (int64_t i = 0; i < count; i++) {
		int64_t start = now_us();
		int fd = open_toward(SOCK_STREAM, to);

		if (fd == -1)
			return -1;
		took[n++] = now_us() - start;
		(void)close(fd);
	}
	return print_spread(took, n);
}

static int stream(const struct sockaddr_in *to, int64_t mib)
{
	static char block[1 << 20];
	int fd = open_toward(SOCK_STREAM, to);
	int64_t start = now_us();

	if (fd == -1)
		return -1;
	for (int64_t left = mib << 20; left > 0;) {
		ssize_t n = write(fd, block, sizeof(block));

		if (n == -1)
			return fail("write");
		left -= n;
	}
	(void)shutdown(fd, SHUT_WR);
	(void)!read(fd, block, 1); /* until the other side has it all */
	(void)printf("%.1f\n", (double)(mib << 20) / (double)(now_us() - start));
	return 0;
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int args;
		int (*run)(const struct sockaddr_in *, int64_t);
	} modes[] = {
		{ "serve", 4, serve },   { "ping", 5, ping },
		{ "burst", 5, burst },   { "connect", 5, connects },
		{ "stream", 5, stream },
	};
	struct sockaddr_in at = { .sin_family = AF_INET };
	long number = argc == 5 ? strtol(argv[4], NULL, 10) : 1;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc != modes[i].args || strcmp(argv[1], modes[i].name) != 0 ||
		    inet_pton(AF_INET, argv[2], &at.sin_addr) != 1 || number < 1 ||
		    number > COUNT_MAX)
			continue;
		at.sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
		return modes[i].run(&at, number) == 0 ? 0 : 1;
	}
	(void)fprintf(stderr,
	              "usage: linkcheck serve|ping|burst|connect|stream ADDR PORT "
	              "[COUNT]\n");
	return 64;
}
