/* SPDX-License-Identifier: MIT */
/* Reaching a TCP address in bounded time, over the loopback of this machine. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "descriptors.h"
#include "dial_wait.h"
#include "tap.h"

static int bound(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&at, len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) == -1)
		abort();
	*port = ntohs(at.sin_port);
	return fd;
}

/* A port that takes no connection any more: its queue is full, and further SYNs are
 * dropped. */
static int silent(uint16_t *port, int fillers[4])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = bound(port);

	(void)listen(fd, 0);
	at.sin_port = htons(*port);
	for (size_t i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM, 0);
		(void)fcntl(fillers[i], F_SETFL, O_NONBLOCK);
		(void)connect(fillers[i], (struct sockaddr *)&at, sizeof(at));
	}
	return fd;
}

static void check_socket(int fd, int listener)
{
	int on = 0, delack_us = 0;
	socklen_t len = sizeof(on);
	int other = accept(listener, NULL, NULL);
	char byte = 0;

	ok(fd != -1 && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0,
	   "a dialed socket does not block");
	ok((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "a dialed socket is close-on-exec");
	ok(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) == 0 && on != 0,
	   "a dialed socket sends small packets at once");
#ifdef __linux__
	if (getsockopt(fd, IPPROTO_TCP, 46, &delack_us, &len) == 0)
		ok(delack_us < 40000,
		   "a dialed socket delays acknowledgements by less than 40 ms: %d us",
		   delack_us);
#else
	(void)delack_us;
#endif
	ok(write(fd, "x", 1) == 1 && read(other, &byte, 1) == 1 && byte == 'x',
	   "a dialed socket is connected");
	(void)close(other);
	(void)close(fd);
}

/* Our own name where it is written down: a name server would be asked for it else,
 * and there may be none.  Then the address has to do. */
static const char *own_name(void)
{
	char line[256];
	FILE *hosts = fopen("/etc/hosts", "r");
	bool there = false;

	while (hosts != NULL && fgets(line, sizeof(line), hosts) != NULL)
		there = there || (strncmp(line, "127.0.0.1", 9) == 0 &&
		                  strstr(line, "localhost") != NULL);
	if (hosts != NULL)
		(void)fclose(hosts);
	return there ? "localhost" : "127.0.0.1";
}

static void test_connects(void)
{
	struct error err = ERROR_INIT;
	uint16_t port;
	int listener = bound(&port);
	int before = open_descriptors();
	struct dial *d;

	(void)listen(listener, 8);
	ok(before < 200, "descriptors can be counted");
	for (size_t i = 0; i < 2; i++) {
		d = dial_start(i == 0 ? "127.0.0.1" : own_name(), port, deadline_in(2000),
		               &err);
		check_socket(dial_wait(d, deadline_in(2000)), listener);
		/* The own name may have several addresses, on some of which nothing
		 * listens. */
		ok(i != 0 || !dial_refused(d), "a dial that connected was not refused");
		dial_free(d);
	}
	dial_free(NULL);
	ok(open_descriptors() == before,
	   "a dial that connected leaves no descriptor open");
	(void)close(listener);
}

static void test_refused(void)
{
	struct error err = ERROR_INIT;
	uint16_t port;
	int fd = bound(&port); /* nothing listens */
	int before = open_descriptors();
	int64_t began;
	char want[100];
	struct dial *d = dial_start("127.0.0.1", port, deadline_in(1000), &err);

	ok(!dial_refused(d), "a dial that has not begun was not refused");
	began = deadline_now_ms();
	ok(dial_wait(d, deadline_in(250)) == -1,
	   "a port where nothing listens is not reached");
	ok(deadline_now_ms() - began >= 240,
	   "a refused dial is tried until its deadline");
	ok(dial_refused(d), "a dial knows that it was refused");
	(void)dial_unanswered(d, "lion", "127.0.0.1", port, &err);
	(void)snprintf(want, sizeof(want),
	               "lion (127.0.0.1) does not answer on port %u: nothing listens "
	               "there",
	               port);
	is_str(err.text, want, "the error of a refused dial says that nothing listens");
	dial_free(d);
	ok(open_descriptors() == before, "a refused dial leaves no descriptor open");
	(void)close(fd);
}

/* A firewall that opens during the dial. */
static void test_opens_late(void)
{
	struct error err = ERROR_INIT;
	uint16_t port;
	int fd = bound(&port);
	int64_t began = deadline_now_ms();
	struct dial *d = dial_start("127.0.0.1", port, deadline_in(1000), &err);
	pid_t child = fork();
	int64_t took;
	int got;

	if (child == 0) {
		deadline_sleep(deadline_in(300), 300);
		(void)listen(fd, 8);
		deadline_sleep(deadline_in(3000), 3000);
		_exit(0);
	}
	got = dial_wait(d, deadline_in(3000));
	took = deadline_now_ms() - began;
	ok(got != -1, "a port that opens late is reached");
	ok(took >= 290, "a port that opens after 300 ms is reached after that: %d ms",
	   (int)took);
	ok(dial_refused(d), "a dial of a port that opens late was refused before");
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	(void)close(got);
	(void)close(fd);
	dial_free(d);
}

static void test_silent(void)
{
	struct error err = ERROR_INIT;
	int fillers[4];
	uint16_t port;
	int fd = silent(&port, fillers);
	int before = open_descriptors();
	struct dial *d = dial_start("127.0.0.1", port, deadline_in(1000), &err);
	char want[80];
	int most = 0;
	struct deadline until = deadline_in(900);

	while (!deadline_passed(until) && dial_step(d) == -1) {
		struct pollfd pfds[DIAL_FDS];
		int wait;
		size_t n = dial_poll(d, pfds, DIAL_FDS, &wait);
		int open = open_descriptors() - before;

		most = open > most ? open : most;
		if (n > DIAL_FDS || wait < 0)
			break;
		(void)poll(pfds, (nfds_t)n, wait);
	}
	ok(deadline_passed(until), "a dial of a silent port goes on until its deadline");
	ok(most > 1 && most <= DIAL_FDS,
	   "a dial of a silent port has a few sockets at a time: %d", most);
	ok(!dial_refused(d), "a dial of a silent port was not refused");
	(void)dial_unanswered(d, "lion", "127.0.0.1", port, &err);
	(void)snprintf(want, sizeof(want), "lion (127.0.0.1) does not answer on port %u",
	               port);
	is_str(err.text, want,
	       "the error of a silent dial says that the port does not answer");
	dial_free(d);
	ok(open_descriptors() == before, "a silent dial leaves no descriptor open");
	for (size_t i = 0; i < 4; i++)
		(void)close(fillers[i]);
	(void)close(fd);
}

static void test_names(void)
{
	/* none that a name server would be asked for */
	static const char *const names[] = {
		"", "a..b",
		"a-label-of-more-than-sixty-three-letters-which-no-name-server-knows.x"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct error err = ERROR_INIT;
		char want[160];

		(void)snprintf(want, sizeof(want), "the address %s cannot be resolved",
		               names[i]);
		ok(dial_start(names[i], 22, deadline_in(2000), &err) == NULL &&
		           err.code == ERROR_UNAVAILABLE,
		   "'%s' is no address", names[i]);
		is_str(err.text, want, "an address that is none is named in the error");
	}
}

int main(void)
{
	(void)alarm(60);
	test_connects();
	test_refused();
	test_opens_late();
	test_silent();
	test_names();
	return done_testing();
}
