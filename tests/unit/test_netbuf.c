/* SPDX-License-Identifier: MIT */
/* The bytes of one connection: moved without waiting, and its ends told apart. */
#include "tap.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "net/netbuf.h"

/* Both ends are sockets of this process. */
static int open_pair(struct netbuf *w)
{
	int ends[2];

	if (fd_socketpair(ends) == -1)
		abort();
	netbuf_open(w, ends[0]);
	return ends[1];
}

static void passes_on(void)
{
	struct netbuf w;
	int other = open_pair(&w);
	char got[16] = "";

	ok(!netbuf_fill(&w) && netbuf_read(&w, got, sizeof(got)) == -EAGAIN,
	   "where nothing came nothing is read");
	ok(write(other, "hello", 5) == 5 && netbuf_fill(&w), "what comes is taken");
	w.held = true;
	ok(netbuf_read(&w, got, sizeof(got)) == -EAGAIN, "what is held is not given");
	w.held = false;
	ok(netbuf_read(&w, got, 2) == 2 && netbuf_read(&w, got + 2, 14) == 3,
	   "bytes are given in pieces");
	is_str(got, "hello", "bytes are given as they came");
	ok(netbuf_write(&w, "world", 5) == 5 && netbuf_unsent(&w) == 5,
	   "what is written waits for the flush");
	ok((netbuf_events(&w) & POLLOUT) != 0, "bytes that wait are polled for");
	ok(netbuf_flush(&w) && netbuf_unsent(&w) == 0, "the flush sends them");
	ok(read(other, got, sizeof(got)) == 5 && memcmp(got, "world", 5) == 0,
	   "the other end has what was flushed");
	(void)close(other);
	netbuf_close(&w);
}

static void fills_up(void)
{
	static char block[64 * 1024];
	struct netbuf w;
	int other = open_pair(&w);
	ssize_t n;
	size_t sent = 0;
	size_t got = 0;

	while (!netbuf_is_full(&w)) {
		sent += (size_t)netbuf_write(&w, block, sizeof(block));
		(void)netbuf_flush(&w);
	}
	ok(netbuf_unsent(&w) >= NETBUF_FULL,
	   "NETBUF_FULL unsent bytes are a full buffer");
	while (got < sent) {
		n = read(other, block, sizeof(block));
		if (n <= 0)
			break;
		got += (size_t)n;
		(void)netbuf_flush(&w);
	}
	ok(got == sent && !netbuf_is_full(&w),
	   "no byte is lost when the other end reads on");
	(void)close(other);
	netbuf_close(&w);
}

static void ends(void)
{
	struct netbuf w;
	int other = open_pair(&w);
	char got[8];

	ok(write(other, "x", 1) == 1 && shutdown(other, SHUT_WR) == 0 && netbuf_fill(&w),
	   "the end of the other side is seen");
	ok(!netbuf_is_over(&w) && netbuf_read(&w, got, sizeof(got)) == 1,
	   "a connection is not over before its last byte is read");
	ok(netbuf_read(&w, got, sizeof(got)) == 0 && netbuf_is_over(&w),
	   "after the last byte a connection is over");
	ok(netbuf_events(&w) == 0, "an ended connection waits for nothing");
	(void)close(other);
	ok(netbuf_write(&w, "lost", 4) == 4 && netbuf_flush(&w) && w.broken == EPIPE,
	   "bytes for an end that is closed break it");
	ok(netbuf_write(&w, "more", 4) == -EPIPE, "a broken connection takes no bytes");
	netbuf_close(&w);
}

static void is_shut(void)
{
	struct netbuf w;
	int other = open_pair(&w);
	char got[8];

	w.shut = true;
	ok(netbuf_read(&w, got, sizeof(got)) == -ECONNRESET,
	   "reads of a shut connection fail");
	ok(netbuf_write(&w, "dropped", 7) == 7 && netbuf_unsent(&w) == 0,
	   "writes to a shut connection are dropped");
	(void)close(other);
	netbuf_close(&w);
}

int main(void)
{
	passes_on();
	fills_up();
	ends();
	is_shut();
	return done_testing();
}
