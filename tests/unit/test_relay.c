/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "bastion/stream.h"
#include "broker/relay.h"
#include "net/pollset.h"

/* A server that is a few variables. */
struct fake {
	struct stream stream;
	struct strbuf written; /* what the relay gave it */
	size_t window;         /* how much more it takes */
	const char *says;      /* what it will say */
	size_t left;
	bool ended;  /* and then no more */
	bool broken; /* it fails at the next read */
	bool told;   /* finish() was called */
	int reads;
	int closes; /* how often close() must be called */
};

static ssize_t fake_read(struct stream *s, void *buf, size_t cap)
{
	struct fake *f = (struct fake *)s;
	size_t n = f->left < cap ? f->left : cap;

	f->reads++;
	if (f->broken)
		return STREAM_FAIL;
	if (n == 0)
		return f->ended ? STREAM_EOF : STREAM_AGAIN;
	if (f->says != NULL)
		memcpy(buf, f->says, n);
	else
		memset(buf, 'x', n);
	f->left -= n;
	return (ssize_t)n;
}

static ssize_t fake_write(struct stream *s, const void *buf, size_t len)
{
	struct fake *f = (struct fake *)s;
	size_t n = len < f->window ? len : f->window;

	if (n == 0)
		return STREAM_AGAIN;
	strbuf_add(&f->written, buf, n);
	f->window -= n;
	return (ssize_t)n;
}

static bool fake_writable(const struct stream *s)
{
	return ((const struct fake *)s)->window > 0;
}

static int fake_finish(struct stream *s)
{
	((struct fake *)s)->told = true;
	return 0;
}

static void fake_poll(struct stream *s, struct pollset *set, bool reading, bool writing)
{
	(void)s;
	(void)set;
	(void)reading;
	(void)writing;
}

static bool fake_close(struct stream *s)
{
	return --((struct fake *)s)->closes <= 0;
}

static const struct stream_ops ops = { fake_read,   fake_write, fake_writable,
	                               fake_finish, fake_poll,  fake_close };

/* A relay between client, the other end of its socket, and the fake. */
struct world {
	struct fake fake;
	struct relay *relay;
	struct pollset set;
	int client;
};

static unsigned char scratch[RELAY_SCRATCH];

static void begin(struct world *w)
{
	int ends[2];

	*w = (struct world){ .fake = { .stream = { &ops }, .window = SIZE_MAX } };
	w->fake.written = (struct strbuf)STRBUF_INIT;
	if (fd_socketpair(ends) == -1)
		abort();
	w->client = ends[0];
	w->relay = relay_new(ends[1], &w->fake.stream);
}

/* Turns of a loop, until nothing moves; how many descriptors were ready at last. */
static int run(struct world *w)
{
	int ready;
	int wait;
	bool moved;

	do {
		wait = 1000;
		pollset_clear(&w->set);
		relay_poll(w->relay, &w->set, &wait);
		ready = poll(w->set.items, (nfds_t)w->set.count, 0);
		moved = relay_move(w->relay, &w->set, true, scratch);
	} while (moved);
	return ready;
}

static void end(struct world *w)
{
	while (!relay_close(w->relay))
		;
	strbuf_release(&w->fake.written);
	pollset_release(&w->set);
	fd_close(&w->client);
}

static void test_both_ways(void)
{
	char got[16] = "";
	struct world w;

	begin(&w);
	w.fake.says = "hello";
	w.fake.left = 5;
	(void)!write(w.client, "you", 3);
	(void)run(&w);
	is_str(w.fake.written.data, "you", "bytes of the client reach the stream");
	ok(read(w.client, got, sizeof(got)) == 5 && strcmp(got, "hello") == 0,
	   "bytes of the stream reach the client");
	ok(!relay_done(w.relay), "a relay that has carried bytes is not done");
	end(&w);
}

static void test_halves(void)
{
	char got[16];
	struct world w;

	begin(&w);
	(void)!write(w.client, "last", 4);
	(void)shutdown(w.client, SHUT_WR);
	(void)run(&w);
	ok(w.fake.told && !relay_done(w.relay),
	   "the client's end of file reaches the stream, alone");
	w.fake.says = "answer";
	w.fake.left = 6;
	w.fake.ended = true;
	(void)run(&w);
	ok(read(w.client, got, sizeof(got)) == 6 && read(w.client, got, sizeof(got)) == 0,
	   "after the client's end of file the server may send, and its end of file "
	   "reaches the client");
	ok(relay_done(w.relay), "a relay with both ends of file is done");
	end(&w);

	begin(&w);
	w.fake.ended = true;
	(void)run(&w);
	(void)!write(w.client, "still", 5);
	(void)run(&w);
	ok(read(w.client, got, sizeof(got)) == 0 && w.fake.written.len == 5 &&
	           !relay_done(w.relay),
	   "a server that sent end of file still gets bytes");
	end(&w);
}

static void test_back_pressure(void)
{
	static char much[300000];
	struct world w;
	ssize_t sent;
	int reads;

	begin(&w);
	w.fake.window = 0;
	(void)!write(w.client, "x", 1);
	(void)run(&w);
	ok(run(&w) == 0, "the client is not read while the stream takes nothing");
	end(&w);

	begin(&w);
	w.fake.window = 10;
	sent = send(w.client, much, sizeof(much), MSG_DONTWAIT);
	(void)run(&w);
	ok(w.fake.written.len == 10, "a stream that takes few bytes gets few");
	ok(run(&w) == 0, "the client is not polled while bytes wait for the stream");
	w.fake.window = SIZE_MAX;
	(void)run(&w);
	ok(w.fake.written.len == (size_t)sent,
	   "all held bytes reach the stream in the end");

	w.fake.left = 10000000; /* the client reads nothing */
	(void)run(&w);
	reads = w.fake.reads;
	(void)run(&w);
	ok(w.fake.left > 9000000 && w.fake.reads == reads,
	   "the stream is not read while the client reads nothing");
	ok(run(&w) == 0, "poll(2) sleeps while the client reads nothing");
	end(&w);
}

static void test_gone(void)
{
	struct world w;

	begin(&w);
	(void)!write(w.client, "bye", 3);
	fd_close(&w.client);
	w.fake.left = 1000000;
	(void)run(&w);
	is_str(w.fake.written.data, "bye",
	       "the last bytes of a client that is gone reach the stream");
	ok(w.fake.told && relay_done(w.relay),
	   "a relay without client and bytes is done");
	end(&w);

	begin(&w);
	w.fake.window = 0;
	(void)!write(w.client, "bye", 3);
	fd_close(&w.client);
	(void)run(&w);
	(void)run(&w); /* the first turn comes without a poll() */
	ok(!relay_done(w.relay) && run(&w) == 0,
	   "poll(2) sleeps while the stream takes nothing from a client that is gone");
	w.fake.window = 100;
	(void)run(&w);
	ok(relay_done(w.relay),
	   "a relay whose client is gone is done when the stream took the bytes");
	w.fake.closes = 3;
	ok(!relay_close(w.relay),
	   "a relay whose stream does not close at once is closed later");
	end(&w);
}

static void test_broken(void)
{
	char got[8];
	struct world w;

	begin(&w);
	w.fake.broken = true;
	(void)run(&w);
	ok(read(w.client, got, sizeof(got)) == 0,
	   "the client gets end of file when the stream fails");
	ok(relay_done(w.relay), "a relay whose stream failed is done");
	end(&w);
}

int main(void)
{
	test_both_ways();
	test_halves();
	test_back_pressure();
	test_gone();
	test_broken();
	return done_testing();
}
