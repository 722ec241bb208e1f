/* SPDX-License-Identifier: MIT */
/*
 * drive_broker.c - broker/broker and broker/client from a shell, one command a
 * call, and small TCP servers to stand behind a bastion; for t30, t31 and t32.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../unit/dial_wait.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/libssh2hostkey.h"
#include "broker/broker.h"
#include "broker/client.h"
#include "connect/pump.h"
#include "net/unixsock.h"
#include "runtime/log.h"

enum { PATIENCE_MS = 9000, BLOCK = 64 * 1024 };

static int report(const struct error *err)
{
	(void)fprintf(stderr, "%s\n", err->text);
	return error_exit_status(err->code);
}

static int64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t patience_ms(void)
{
	const char *ms = getenv("DRIVE_MS");

	return ms != NULL ? strtol(ms, NULL, 10) : PATIENCE_MS;
}

/* serve GATEWAY KEY|- TRANSPORT IDLE_MS */
static int serve(char *argv[])
{
	struct error err = ERROR_INIT;
	struct broker_config config = {
		.gateway = argv[0],
		.key_file = strcmp(argv[1], "-") == 0 ? NULL : argv[1],
		.transport = (int)strtol(argv[2], NULL, 10),
		.idle_ms = strtol(argv[3], NULL, 10),
	};

	log_start("drive-broker", argv[0], 1 << 20);
	return broker_start(&config, &err) == -1 ? report(&err) : 0;
}

static int status(char *argv[])
{
	struct error err = ERROR_INIT;
	struct broker_status s;
	int rc = broker_status(argv[0], &s, &err);

	if (rc == -1)
		return report(&err);
	if (rc == 0)
		return 1;
	(void)printf("pid %" PRId64 " channels %" PRId64 " served %" PRId64 " by %s\n",
	             s.pid, s.channels, s.served, s.transport);
	return 0;
}

static int end(char *argv[])
{
	struct error err = ERROR_INIT;
	int rc = broker_close(argv[0], &err);

	return rc == -1 ? report(&err) : rc == 1 ? 0 : 1;
}

/* say GATEWAY|/SOCKET REQUEST: the broker's answer to REQUEST; 1 when it hangs
 * up, 2 when no connection comes about.  Without the client's own check of the target,
 * so that the broker's is tried. */
static int say(char *argv[])
{
	struct error err = ERROR_INIT;
	struct sockaddr_un address;
	char *path = argv[0][0] == '/' ? xstrdup(argv[0]) : unixsock_socket_path(argv[0]);
	char answer[BROKER_LINE_MAX];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int passed = -1;
	int rc = unixsock_address(path, &address, &err);

	free(path);
	if (rc == -1 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1)
		return 2;
	if (dprintf(fd, "%s\n", argv[1]) < 0 ||
	    broker_read_reply(fd, deadline_in(patience_ms()), answer, &passed, &err) !=
	            BROKER_ANSWERED)
		return 1;
	(void)printf("%s%s\n", answer, passed != -1 ? " and a descriptor" : "");
	return 0;
}

/* old GATEWAY CHANNELS: a broker from before the protocol had versions, with so many
 * channels.  Ends when it is asked to, or when its socket's file is gone. */
static int old_broker(char *argv[])
{
	struct error err = ERROR_INIT;
	struct sockaddr_un address;
	char *path = unixsock_socket_path(argv[0]);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat own;
	struct stat now;
	bool closed = false;

	if (unixsock_address(path, &address, &err) == -1 ||
	    bind(listener, (const struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(listener, 8) == -1 || stat(path, &own) == -1)
		return report(&err);
	while (!closed) {
		struct pollfd pfd = { .fd = listener, .events = POLLIN };
		char line[128] = "";
		int fd;

		/* Another broker may listen under this name by now. */
		if (poll(&pfd, 1, 50) == 0 &&
		    (stat(path, &now) == -1 || now.st_ino != own.st_ino))
			break;
		if (pfd.revents == 0)
			continue;
		fd = accept(listener, NULL, NULL);
		(void)!read(fd, line, sizeof(line) - 1);
		closed = strcmp(line, "close\n") == 0;
		if (closed) {
			(void)unlink(path);
			(void)dprintf(fd, "ok\n");
		} else if (strcmp(line, "status\n") == 0) {
			(void)dprintf(fd, "ok %d %s 1 1 libssh2\n", (int)getpid(),
			              argv[1]);
		} else {
			(void)dprintf(fd, "error 64 the gateway's broker does not "
			                  "understand the request\n");
		}
		(void)close(fd);
	}
	(void)printf("%s\n", closed ? "closed" : "unlinked");
	free(path);
	return 0;
}

static int open_channel(char *argv[], struct error *err)
{
	struct broker_watch watch = { .caller = -1 };

	return broker_open_channel(argv[0], argv[1], (uint16_t)strtol(argv[2], NULL, 10),
	                           &watch, deadline_in(patience_ms()), err);
}

/* pipe GATEWAY UID PORT: standard input and output are the server's */
static int through(char *argv[])
{
	struct error err = ERROR_INIT;
	int fd = open_channel(argv, &err);

	if (fd == -1 || pump_run(0, 1, fd, &err) == -1)
		return report(&err);
	return 0;
}

/* hold GATEWAY UID PORT SECONDS: open it, say so, and never read */
static int hold(char *argv[])
{
	struct error err = ERROR_INIT;
	int fd = open_channel(argv, &err);

	if (fd == -1)
		return report(&err);
	(void)printf("open\n");
	(void)fflush(stdout);
	(void)sleep((unsigned int)strtol(argv[3], NULL, 10));
	return 0;
}

/* late GATEWAY UID PORT BYTES: hear the server to its end, and only then speak */
static int late(char *argv[])
{
	static char block[BLOCK];
	struct error err = ERROR_INIT;
	long left = strtol(argv[3], NULL, 10);
	int fd = open_channel(argv, &err);
	ssize_t n;

	if (fd == -1)
		return report(&err);
	while ((n = recv(fd, block, sizeof(block), 0)) > 0)
		(void)!write(1, block, (size_t)n);
	for (; left > 0; left -= n) {
		n = send(fd, block, left < BLOCK ? (size_t)left : BLOCK, MSG_NOSIGNAL);
		if (n <= 0)
			return 1;
	}
	return shutdown(fd, SHUT_WR) == 0 && recv(fd, block, 1, 0) == 0 ? 0 : 1;
}

/* crowd GATEWAY UID PORT COUNT SECONDS: so many at once, each waits for a greeting and
 * stays; prints how many had it, and after how long the last one */
static int crowd(char *argv[])
{
	long count = strtol(argv[3], NULL, 10);
	long good = 0;
	int64_t began = now_us();
	int64_t last;
	int ends[2];
	char byte;

	if (pipe(ends) == -1)
		return 70;
	for (long i = 0; i < count; i++) {
		struct error err = ERROR_INIT;
		int fd;

		if (fork() != 0)
			continue;
		(void)close(ends[0]);
		fd = open_channel(argv, &err);
		if (fd == -1) {
			(void)report(&err);
			_exit(1);
		}
		if (recv(fd, &byte, 1, 0) == 1)
			(void)!write(ends[1], &byte, 1);
		(void)close(ends[1]);
		(void)sleep((unsigned int)strtol(argv[4], NULL, 10));
		_exit(0);
	}
	(void)close(ends[1]);
	last = began;
	while (read(ends[0], &byte, 1) == 1) {
		good++;
		last = now_us();
	}
	while (wait(NULL) != -1)
		;
	(void)printf("%ld of %ld in %" PRId64 " ms\n", good, count,
	             (last - began) / 1000);
	return good == count ? 0 : 1;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* ping GATEWAY UID PORT COUNT: round trips of one byte to an echo server, in us */
static int ping(char *argv[])
{
	enum { MAX = 2000 };
	static int64_t took[MAX];
	struct error err = ERROR_INIT;
	long count = strtol(argv[3], NULL, 10);
	int fd = open_channel(argv, &err);
	char byte = 'x';

	if (fd == -1)
		return report(&err);
	for (long i = 0; i < count && i < MAX; i++) {
		int64_t began = now_us();

		if (send(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1)
			return 1;
		took[i] = now_us() - began;
		(void)usleep(5000);
	}
	qsort(took, (size_t)count, sizeof(took[0]), by_size);
	(void)printf("median %" PRId64 " p95 %" PRId64 " max %" PRId64 " us\n",
	             took[count / 2], took[count * 95 / 100], took[count - 1]);
	return 0;
}

/* The longest time that a byte takes to an echo server and back, in ms, or -1: one byte
 * each 20 ms for so many seconds. */
static int64_t longest_ms(int fd, long seconds)
{
	int64_t end = now_us() + seconds * 1000000;
	int64_t longest = 0;
	char byte = 'x';

	while (now_us() < end) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		int64_t began = now_us();

		if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || poll(&pfd, 1, -1) != 1 ||
		    recv(fd, &byte, 1, 0) != 1)
			return -1;
		if (now_us() - began > longest)
			longest = now_us() - began;
		(void)usleep(20000);
	}
	return longest / 1000;
}

/* gap GATEWAY UID PORT ADDRESS SECONDS: says that it is open, then the longest gap of a
 * session, in ms, and that of a connection to ADDRESS without a broker meanwhile: the
 * machine's own */
static int gap(char *argv[])
{
	struct error err = ERROR_INIT;
	long seconds = strtol(argv[4], NULL, 10);
	int fd = open_channel(argv, &err);
	int64_t longest;
	int64_t control = -1;
	int ends[2];

	if (fd == -1 || pipe(ends) == -1)
		return report(&err);
	(void)printf("open\n");
	(void)fflush(stdout);
	if (fork() == 0) {
		struct deadline until = deadline_in(patience_ms());
		struct dial *d = dial_start(argv[3], (uint16_t)strtol(argv[2], NULL, 10),
		                            until, &err);
		int direct = d != NULL ? dial_wait(d, until) : -1;

		control = direct == -1 ? -1 : longest_ms(direct, seconds);
		_exit(write(ends[1], &control, sizeof(control)) == -1);
	}
	longest = longest_ms(fd, seconds);
	(void)close(ends[1]);
	if (longest == -1 || read(ends[0], &control, sizeof(control)) == -1 ||
	    control == -1)
		return 1;
	(void)printf("gap %" PRId64 " control %" PRId64 " ms\n", longest, control);
	return 0;
}

/* hostkey ADDRESS: the size and type of the server's host key */
static int hostkey(char *argv[])
{
	struct error err = ERROR_INIT;
	struct strvec none = STRVEC_INIT;
	struct strbuf blob = STRBUF_INIT;
	struct deadline until = deadline_in(patience_ms());
	struct dial *d = dial_start(argv[0], 22, until, &err);
	int fd = d != NULL ? dial_wait(d, until) : -1;

	dial_free(d);
	if (fd == -1 || libssh2hostkey_learn(fd, &none, &blob, until, &err) != 0)
		return report(&err);
	(void)printf("%s\n", blob.data + 4);
	strbuf_release(&blob);
	(void)close(fd);
	return 0;
}

/* What a server does with a connection. */
static void answer_echo(int fd)
{
	static char block[BLOCK];
	ssize_t n;

	while ((n = recv(fd, block, sizeof(block), 0)) > 0) {
		if (send(fd, block, (size_t)n, MSG_NOSIGNAL) != n)
			return;
	}
	(void)shutdown(fd, SHUT_WR);
}

static void answer_source(int fd)
{
	static char block[BLOCK];

	while (send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
		;
}

static void answer_sink(int fd)
{
	static char block[BLOCK];

	while (recv(fd, block, sizeof(block), 0) > 0)
		;
}

static void answer_greeting(int fd)
{
	(void)send(fd, "SSH-2.0-test\r\n", 14, MSG_NOSIGNAL);
	answer_sink(fd);
}

/* Speaks first, listens after, and ends its own half before the other's. */
static void answer_halves(int fd)
{
	static char block[BLOCK];
	size_t total = 0;
	ssize_t n;

	(void)send(fd, "first\n", 6, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	while ((n = recv(fd, block, sizeof(block), 0)) > 0)
		total += (size_t)n;
	(void)dprintf(1, "heard %zu\n", total);
}

/* server ADDRESS PORT echo|source|sink|greeting|halves */
static int server(char *argv[])
{
	static const struct {
		const char *name;
		void (*answer)(int fd);
	} kinds[] = {
		{ "echo", answer_echo },     { "source", answer_source },
		{ "sink", answer_sink },     { "greeting", answer_greeting },
		{ "halves", answer_halves },
	};
	struct sockaddr_in where = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	where.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
	(void)inet_pton(AF_INET, argv[0], &where.sin_addr);
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&where, sizeof(where)) == -1 ||
	    listen(listener, 512) == -1)
		return 1;
	(void)signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd == -1)
			continue;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (fork() == 0) {
			(void)close(listener);
			for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
				if (strcmp(argv[2], kinds[i].name) == 0)
					kinds[i].answer(fd);
			}
			_exit(0);
		}
		(void)close(fd);
	}
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int args;
		int (*run)(char *argv[]);
	} commands[] = {
		{ "serve", 4, serve },     { "status", 1, status },
		{ "close", 1, end },       { "say", 2, say },
		{ "pipe", 3, through },    { "hold", 4, hold },
		{ "crowd", 5, crowd },     { "ping", 4, ping },
		{ "gap", 5, gap },         { "late", 4, late },
		{ "hostkey", 1, hostkey }, { "server", 3, server },
		{ "old", 2, old_broker },
	};

	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0 &&
		    argc == commands[i].args + 2)
			return commands[i].run(argv + 2);
	}
	(void)fprintf(stderr, "drive_broker: wrong use\n");
	return 64;
}
