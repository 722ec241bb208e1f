/* SPDX-License-Identifier: MIT */
/*
 * bad_server PORT HOW [N [COMMAND ARGUMENT...]] - listen on PORT and treat each
 * client badly; for the tests of faults.
 *
 *   hang      accepts, and says nothing
 *   reset     accepts, and resets the connection
 *   close     accepts, and ends it
 *   garbage   says what no server says, and ends it
 *   babble    says so without an end, and without a line's end
 *   banner    says the first half of an SSH banner, and ends it
 *   greeting  says a whole one, and ends it
 *   mute      says a whole one, and nothing more
 *   busy      says what sshd says to one too many, and ends it
 *   not-allowed [N]  says what sshd 9.8 says to one too many, and ends it; to the first N
 *             only, then COMMAND serves it
 *   http      answers each line as an HTTP server, and ends it after 9 s
 *   flood     sends one line without an end, as fast as it can
 *   late N    after N ms, it is COMMAND's (sshd -i)
 *   cut N     COMMAND serves it, whose answers end with a reset after N bytes
 *   stall N   COMMAND serves it, whose answers stop after N bytes
 *   forge N   COMMAND (sshd -i) serves it, but the Ed25519 host key that it shows is
 *             another, of which it has no private half; ends after N bytes
 *
 * Prints "ready" when it listens.
 */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 4096 };

static long limit;
static long accepted; /* connections */
static bool forging;
static char **command;

static void say(int fd, const char *text)
{
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void wait_for_end(int fd)
{
	char block[BLOCK];

	while (recv(fd, block, sizeof(block), 0) > 0)
		;
}

/* Read the client's banner first: closing with unread input resets the connection.
 */
static void hear(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char block[BLOCK];

	if (poll(&pfd, 1, 500) > 0)
		(void)recv(fd, block, sizeof(block), 0);
}

static void reset(int fd)
{
	const struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

static void hang(int fd)
{
	wait_for_end(fd);
}

static void end(int fd)
{
	(void)fd;
}

static void garbage(int fd)
{
	say(fd, "\x16\x03\x01 <html>\xff\xfe {{{ \033[2J\r\n\r\n");
	hear(fd);
}

static void babble(int fd)
{
	static const char nonsense[] = "nonsense without an end, ";

	while (send(fd, nonsense, sizeof(nonsense) - 1, MSG_NOSIGNAL) > 0)
		(void)usleep(20000);
}

static void banner(int fd)
{
	say(fd, "SSH-2.0-Open");
	hear(fd);
}

static void greeting(int fd)
{
	say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
	hear(fd);
}

static void mute(int fd)
{
	greeting(fd);
	wait_for_end(fd);
}

static void busy(int fd)
{
	say(fd, "Exceeded MaxStartups\r\n");
	hear(fd);
}

static void http(int fd)
{
	hear(fd);
	say(fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
	(void)sleep(9);
}

static void flood(int fd)
{
	static char block[BLOCK];

	memset(block, 'x', sizeof(block));
	while (send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
		;
}

/* COMMAND, with the descriptor as its standard input and output. */
static void become(int fd)
{
	(void)dup2(fd, STDIN_FILENO);
	(void)dup2(fd, STDOUT_FILENO);
	(void)close(fd);
	(void)execv(command[0], command);
	_exit(127);
}

static void not_allowed(int fd)
{
	if (limit > 0 && accepted > limit)
		become(fd);
	say(fd, "Not allowed at this time\r\n");
	hear(fd);
}

static void late(int fd)
{
	(void)usleep((useconds_t)limit * 1000);
	become(fd);
}

/* The first byte of the key, behind its type and its length; as it says 32 there, this is
 * no list of algorithms. */
static void forge_key(char *block, size_t len)
{
	static const char front[] = "\0\0\0\13ssh-ed25519\0\0\0\40";
	char *at = memmem(block, len, front, sizeof(front) - 1);

	if (at != NULL && at + sizeof(front) - 1 < block + len)
		at[sizeof(front) - 1] ^= 1;
}

/* Carry bytes until limit of them have come from COMMAND, or one side ends. */
static void carry(int fd)
{
	int ends[2];
	char block[BLOCK];
	struct pollfd pfds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		_exit(1);
	if (fork() == 0) {
		(void)close(ends[0]);
		become(ends[1]);
	}
	(void)close(ends[1]);
	pfds[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	pfds[1] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	while (limit > 0 && poll(pfds, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			size_t most = i == 1 && limit < BLOCK ? (size_t)limit : BLOCK;
			ssize_t n;

			if (pfds[i].revents == 0)
				continue;
			n = recv(pfds[i].fd, block, most, 0);
			if (forging && i == 1 && n > 0)
				forge_key(block, (size_t)n);
			if (n <= 0 ||
			    send(pfds[1 - i].fd, block, (size_t)n, MSG_NOSIGNAL) != n)
				return;
			limit -= i == 1 ? n : 0;
		}
	}
}

static void cut(int fd)
{
	carry(fd);
	reset(fd);
}

static void stall(int fd)
{
	carry(fd);
	wait_for_end(fd);
}

static void forge(int fd)
{
	forging = true;
	carry(fd);
}

static int listen_on(const char *port)
{
	struct sockaddr_in where = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	where.sin_port = htons((uint16_t)strtol(port, NULL, 10));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&where, sizeof(where)) == -1 ||
	    listen(fd, 64) == -1)
		return -1;
	return fd;
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*treat)(int fd);
	} ways[] = {
		{ "hang", hang },         { "reset", reset },
		{ "close", end },         { "garbage", garbage },
		{ "babble", babble },     { "banner", banner },
		{ "greeting", greeting }, { "mute", mute },
		{ "busy", busy },         { "late", late },
		{ "cut", cut },           { "stall", stall },
		{ "forge", forge },       { "not-allowed", not_allowed },
		{ "http", http },         { "flood", flood },
	};
	size_t way = 0;
	int listener = argc > 2 ? listen_on(argv[1]) : -1;

	while (argc > 2 && way < sizeof(ways) / sizeof(ways[0]) &&
	       strcmp(ways[way].name, argv[2]) != 0)
		way++;
	if (listener == -1 || way == sizeof(ways) / sizeof(ways[0])) {
		(void)fprintf(stderr, "bad_server: wrong use, or the port is taken\n");
		return 64;
	}
	limit = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	command = argv + 4;
	(void)signal(SIGCHLD, SIG_IGN);
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		accepted++;
		if (fd != -1 && fork() == 0) {
			(void)close(listener);
			(void)signal(SIGCHLD, SIG_DFL);
			ways[way].treat(fd);
			(void)close(fd);
			_exit(0);
		}
		if (fd != -1)
			(void)close(fd);
	}
}
