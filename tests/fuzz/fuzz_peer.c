/* SPDX-License-Identifier: MIT */
/*
 * The other end of a connection: the bytes that go through net/netbuf come out as they
 * went in, whatever the steps; net/banner judges the first of them and takes none.
 *
 * Input: a first byte, and bytes.  'w': steps of a wire; 'b': what a server says before
 * it hangs up; 'B': the same from one that stays.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
#include "net/banner.h"
#include "net/netbuf.h"

static void check_banner(const uint8_t *data, size_t size, bool stays)
{
	enum banner seen;
	char byte;
	int ends[2];

	if (size > 60000)
		return;
	require(fd_socketpair(ends) == 0);
	require(send(ends[1], data, size, MSG_NOSIGNAL) == (ssize_t)size);
	if (!stays)
		require(shutdown(ends[1], SHUT_WR) == 0);
	seen = banner_await(ends[0], -1, deadline_in(0));
	if (size == 0)
		require(seen == (stays ? BANNER_LATE : BANNER_HUNG));
	else if (size >= 4 && memcmp(data, "SSH-", 4) == 0)
		require(seen == BANNER_HERE);
	else if (memmem(data, size, "\nSSH-", 5) == NULL)
		require(seen == BANNER_ALIEN || seen == BANNER_BUSY ||
		        seen == BANNER_BARRED);
	require(size == 0 ||
	        (recv(ends[0], &byte, 1, MSG_DONTWAIT) == 1 && (uint8_t)byte == data[0]));
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

/* Each side sends 0, 1, 2, ...; each byte that comes must be the next one. */
struct flow {
	uint8_t sent;
	uint8_t seen;
};

static size_t fill_from(struct flow *flow, uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(flow->sent + i);
	return count;
}

static void check_bytes(struct flow *flow, const uint8_t *bytes, ssize_t count)
{
	for (ssize_t i = 0; i < count; i++)
		require(bytes[i] == flow->seen++);
}

struct wiring {
	struct netbuf wire;
	int peer; /* -1: gone */
	struct flow in;
	struct flow out;
};

static void step(struct wiring *w, uint8_t op)
{
	uint8_t bytes[31 * 31];
	size_t count = (size_t)(op >> 3) * (op >> 3);
	ssize_t n;

	switch (op & 7) {
	case 0: /* the peer sends */
		if (w->peer == -1)
			break;
		n = send(w->peer, bytes, fill_from(&w->in, bytes, count),
		         MSG_DONTWAIT | MSG_NOSIGNAL);
		w->in.sent = (uint8_t)(w->in.sent + (n > 0 ? n : 0));
		break;
	case 1: (void)netbuf_fill(&w->wire); break;
	case 2:
		n = netbuf_read(&w->wire, bytes, count);
		require(n <= (ssize_t)count);
		check_bytes(&w->in, bytes, n);
		break;
	case 3:
		n = netbuf_write(&w->wire, bytes, fill_from(&w->out, bytes, count));
		require(n == (ssize_t)count || n < 0);
		w->out.sent = (uint8_t)(w->out.sent + (n > 0 ? n : 0));
		break;
	case 4: (void)netbuf_flush(&w->wire); break;
	case 5: /* the peer reads */
		n = w->peer == -1 ? 0 : recv(w->peer, bytes, count, MSG_DONTWAIT);
		check_bytes(&w->out, bytes, n);
		break;
	case 6: (void)netbuf_events(&w->wire); break;
	default:
		if (op == 0xff)
			fd_close(&w->peer);
		break;
	}
}

static void run_wire(const uint8_t *data, size_t size)
{
	struct wiring w = { .peer = -1 };
	uint8_t rest[256];
	ssize_t n;
	int send_buffer = 4096;
	int ends[2];

	require(fd_socketpair(ends) == 0);
	require(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &send_buffer,
	                   sizeof(send_buffer)) == 0);
	w.peer = ends[1];
	netbuf_open(&w.wire, ends[0]);
	for (size_t i = 0; i < size; i++)
		step(&w, data[i]);
	/* Whatever is on its way arrives. */
	while (w.peer != -1 && (n = recv(w.peer, rest, sizeof(rest), MSG_DONTWAIT)) > 0) {
		check_bytes(&w.out, rest, n);
		(void)netbuf_flush(&w.wire);
	}
	require(w.peer == -1 || netbuf_unsent(&w.wire) > 0 || w.out.seen == w.out.sent);
	fd_close(&w.peer);
	do {
		(void)netbuf_fill(&w.wire);
		n = netbuf_read(&w.wire, rest, sizeof(rest));
		check_bytes(&w.in, rest, n);
	} while (n > 0);
	require(n == -ECONNRESET || n == -EPIPE || w.in.seen == w.in.sent);
	netbuf_close(&w.wire);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	if (size == 0)
		return;
	switch (data[0]) {
	case 'w': run_wire(data + 1, size <= 600 ? size - 1 : 600); break;
	case 'b': check_banner(data + 1, size - 1, false); break;
	case 'B': check_banner(data + 1, size - 1, true); break;
	default: break;
	}
}
