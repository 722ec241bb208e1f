/* SPDX-License-Identifier: MIT */
/*
 * When the login by libssh2 dials, retries, probes and counts as lost: each transition,
 * by a clock of the test's own.  The module is compiled here with stand-ins for what it
 * drives: dial, keys, and the connection.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "bastion/libssh2conn.h"
#include "bastion/stream.h"
#include "keys/authkeys.h"
#include "net/dial.h"
#include "net/netbuf.h"
#include "tap.h"
#include "testclock.h"

struct libssh2conn {
	enum transport_result login;
	enum error_code login_error;
	enum transport_result open;
	enum transport_result drain;
	enum unable unable;
	bool closed;
	struct netbuf netbuf;
	int keepalives;
	int drains;
	int opens;
	bool abandoned;
	int waits_for;
};

struct dial {
	int unused;
};

/* What the stand-ins are told, and tell. */
static struct {
	struct libssh2conn conn;
	struct dial dial;
	int connections;
	bool connected; /* what the next dial_step() finds */
	bool refused;
	bool dial_fails;
	const char *unfit;
	bool no_keys;
	int listing; /* AUTHKEYS_PENDING: the agent is slow; -1: it has no key */
	int keys;
	int dials;
	char dialled[64];
	int streams;
	int stream_closes; /* how often close() must be called */
} fake;

static struct libssh2conn *fake_conn_new(int fd, const struct libssh2conn_config *config)
{
	(void)config;
	(void)close(fd);
	fake.connections++;
	fake.conn.netbuf = (struct netbuf){ .fd = -1,
		                            .out = STRBUF_INIT,
		                            .broken = EBADF,
		                            .last_read_ms = testclock_ms };
	fake.conn.waits_for = -1;
	return &fake.conn;
}

static void fake_conn_abandon(struct libssh2conn *b)
{
	b->abandoned = true;
}

static void fake_conn_free(struct libssh2conn *b)
{
	fake.connections -= b != NULL;
}

static enum transport_result fake_conn_login(struct libssh2conn *b, struct error *err)
{
	if (b->login == TRANSPORT_FAILED)
		error_set(err, b->login_error, "the login failed");
	return b->login;
}

static enum unable fake_conn_unable(const struct libssh2conn *b)
{
	return b->unable;
}

static bool fake_stream_close(struct stream *s)
{
	if (fake.stream_closes-- > 1)
		return false;
	fake.streams--;
	free(s);
	return true;
}

static enum transport_result fake_conn_open(struct libssh2conn *b, const char *host,
                                            uint16_t port, struct stream **stream,
                                            struct error *err)
{
	static const struct stream_ops ops = { .close = fake_stream_close };

	(void)host;
	(void)port;
	b->opens++;
	if (b->open == TRANSPORT_DONE) {
		*stream = xcalloc(1, sizeof(**stream));
		(*stream)->ops = &ops;
		fake.streams++;
	}
	if (b->open == TRANSPORT_FAILED)
		error_set(err, ERROR_UNAVAILABLE, "nothing listens there, or it is down");
	return b->open;
}

static struct netbuf *fake_conn_netbuf(struct libssh2conn *b)
{
	return &b->netbuf;
}

static int fake_conn_waits_for(const struct libssh2conn *b)
{
	return b->waits_for;
}

static void fake_conn_probe(struct libssh2conn *b)
{
	b->keepalives++;
}

static enum transport_result fake_conn_drain(struct libssh2conn *b)
{
	b->drains++;
	return b->drain;
}

static bool fake_conn_is_closed(const struct libssh2conn *b)
{
	return b->closed;
}

static struct dial *fake_dial_start(const char *address, uint16_t port,
                                    struct deadline until, struct error *err)
{
	(void)port;
	(void)until;
	if (fake.dial_fails) {
		error_set(err, ERROR_UNAVAILABLE, "no such name");
		return NULL;
	}
	fake.dials++;
	(void)snprintf(fake.dialled, sizeof(fake.dialled), "%s", address);
	return &fake.dial;
}

static void fake_dial_free(struct dial *d)
{
	(void)d;
}

static int fake_dial_step(struct dial *d)
{
	(void)d;
	return fake.connected ? dup(0) : -1;
}

static bool fake_dial_refused(const struct dial *d)
{
	(void)d;
	return fake.refused;
}

static size_t fake_dial_poll(const struct dial *d, struct pollfd *pfds, size_t max,
                             int *wait_ms)
{
	(void)d;
	(void)pfds;
	(void)max;
	*wait_ms = 100;
	return 0;
}

static int fake_keys_step(struct authkeys *keys, struct deadline until, struct error *err)
{
	(void)keys;
	if (fake.listing == -1 || (fake.listing != 0 && deadline_passed(until)))
		return error_set(err, ERROR_CONFIG, "no key");
	return fake.listing;
}

static struct authkeys *fake_keys_start(const struct authkeys_config *config,
                                        struct error *err)
{
	(void)config;
	if (fake.no_keys) {
		error_set(err, ERROR_CONFIG, "no key");
		return NULL;
	}
	fake.keys++;
	return (struct authkeys *)&fake;
}

static bool fake_keys_unattended(const struct authkeys *keys)
{
	(void)keys;
	return true;
}

static void fake_keys_free(struct authkeys *keys)
{
	fake.keys -= keys != NULL;
}

static const char *fake_keys_unfit(const struct authkeys *keys)
{
	(void)keys;
	return fake.unfit;
}

static int fake_keys_poll_fd(const struct authkeys *keys)
{
	(void)keys;
	return -1;
}

static const char *fake_keys_name(const struct authkeys *keys)
{
	(void)keys;
	return "the key";
}

#define libssh2transport_start tested_start
#define libssh2conn_new fake_conn_new
#define libssh2conn_abandon fake_conn_abandon
#define libssh2conn_free fake_conn_free
#define libssh2conn_login fake_conn_login
#define libssh2conn_waits_for fake_conn_waits_for
#define libssh2conn_unable fake_conn_unable
#define libssh2conn_open_channel fake_conn_open
#define libssh2conn_netbuf fake_conn_netbuf
#define libssh2conn_probe fake_conn_probe
#define libssh2conn_drain fake_conn_drain
#define libssh2conn_is_closed fake_conn_is_closed
#define dial_start fake_dial_start
#define dial_free fake_dial_free
#define dial_step fake_dial_step
#define dial_refused fake_dial_refused
#define dial_poll fake_dial_poll
#define authkeys_start fake_keys_start
#define authkeys_step fake_keys_step
#define authkeys_free fake_keys_free
#define authkeys_unattended fake_keys_unattended
#define authkeys_poll_fd fake_keys_poll_fd
#define authkeys_unfit fake_keys_unfit
#define authkeys_display_name fake_keys_name
#include "bastion/libssh2transport.c"

static struct transport_config config = { .gateway = "hop@bastion.test",
	                                  .address = "bastion.test",
	                                  .user = "hop" };
static struct pollset set = POLLSET_INIT;

static void reset(void)
{
	memset(&fake, 0, sizeof(fake));
}

static struct transport *start(void)
{
	struct error err = ERROR_INIT;
	struct transport *t = tested_start(&config, &err);

	if (t == NULL)
		abort();
	return t;
}

/* A transport that is logged in and has just heard from the bastion. */
static struct transport *ready(void)
{
	struct error err = ERROR_INIT;
	struct transport *t;

	reset();
	fake.connected = true;
	fake.conn.login = TRANSPORT_DONE;
	t = start();
	if (t->ops->step(t, &err) != TRANSPORT_DONE)
		abort();
	return t;
}

/* The time that the loop would wait for it. */
static int wait_of(struct transport *t)
{
	int wait_ms = 1000000;

	pollset_clear(&set);
	t->ops->poll(t, &set, &wait_ms);
	return wait_ms;
}

static void test_start(void)
{
	struct error err = ERROR_INIT;
	struct transport *t;

	reset();
	fake.no_keys = true;
	ok(tested_start(&config, &err) == NULL && err.code == ERROR_CONFIG,
	   "without a key nothing is dialled");
	reset();
	fake.dial_fails = true;
	ok(tested_start(&config, &err) == NULL && fake.keys == 0,
	   "an address that cannot be one leaves no key in memory");
	is_str(err.text, "gateway bastion.test: no such name",
	       "an address that cannot be one is named in the error");
	reset();
	config.peer_address = "192.0.2.1";
	t = start();
	is_str(fake.dialled, "192.0.2.1", "a known address needs no name lookup");
	config.peer_address = NULL;
	t->ops->free(t);
}

static void test_no_answer(void)
{
	struct error err = ERROR_INIT;
	struct transport *t;

	reset();
	t = start();
	testclock_ms += 7499;
	ok(t->ops->step(t, &err) == TRANSPORT_PENDING, "a bastion has 7.5 s to answer");
	testclock_ms += 1;
	ok(t->ops->step(t, &err) == TRANSPORT_FAILED && !t->unable,
	   "after 7.5 s the login fails, and OpenSSH is not tried");
	is_str(err.text, "gateway bastion.test does not answer",
	       "the error says that the bastion does not answer");
	t->ops->free(t);

	reset();
	fake.refused = true;
	t = start();
	testclock_ms += 1499;
	ok(t->ops->step(t, &err) == TRANSPORT_PENDING,
	   "a refused connection is tried for 1.5 s");
	testclock_ms += 1;
	ok(t->ops->step(t, &err) == TRANSPORT_FAILED,
	   "after 1.5 s a refused login fails");
	is_str(err.text, "gateway bastion.test does not listen on port 22",
	       "the error says that the bastion does not listen");
	t->ops->free(t);
}

static void test_slow_login(void)
{
	struct error err = ERROR_INIT;
	struct transport *t;

	reset();
	fake.connected = true;
	t = start();
	ok(t->ops->step(t, &err) == TRANSPORT_PENDING && wait_of(t) == 15000,
	   "a login has 15 s");
	testclock_ms += 15000;
	ok(t->ops->step(t, &err) == TRANSPORT_FAILED, "after 15 s the login fails");
	is_str(err.text, "gateway bastion.test takes too long to log in",
	       "the error says that the login takes too long");
	fake.conn.waits_for = 0;
	(void)t->ops->step(t, &err);
	is_str(err.text, "gateway bastion.test: known_hosts cannot be read in time",
	       "the error names known_hosts where the login waits for it");
	t->ops->free(t);
	ok(fake.connections == 0 && fake.keys == 0,
	   "a login that failed frees connection and key");
}

static void test_slow_agent(void)
{
	struct error err = ERROR_INIT;
	struct transport *t;

	reset();
	fake.connected = true;
	fake.conn.login = TRANSPORT_DONE;
	fake.listing = AUTHKEYS_PENDING;
	t = start();
	ok(t->ops->step(t, &err) == TRANSPORT_PENDING && fake.connections == 1 &&
	           wait_of(t) == 2000,
	   "the bastion is connected to while ssh-agent names its keys, for 2 s");
	testclock_ms += 1500;
	fake.listing = AUTHKEYS_READY;
	ok(t->ops->step(t, &err) == TRANSPORT_DONE,
	   "the login begins when ssh-agent has named its keys");
	t->ops->free(t);

	reset();
	fake.connected = true;
	fake.conn.login = TRANSPORT_DONE;
	fake.listing = AUTHKEYS_PENDING;
	t = start();
	testclock_ms += 2000;
	ok(t->ops->step(t, &err) == TRANSPORT_FAILED && err.code == ERROR_CONFIG,
	   "without the keys of ssh-agent the login fails after 2 s");
	t->ops->free(t);
	ok(fake.connections == 0 && fake.keys == 0,
	   "a login without keys leaves neither connection nor key");
}

static void test_turned_away(void)
{
	struct error err = ERROR_INIT;
	struct transport *t;
	static const int pauses[] = { 200, 400, 800, 1600, 1600, 1600 };

	reset();
	fake.connected = true;
	fake.conn.login = TRANSPORT_FAILED;
	fake.conn.login_error = ERROR_RETRY;
	t = start();
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		ok(t->ops->step(t, &err) == TRANSPORT_PENDING && fake.connections == 0 &&
		           wait_of(t) == pauses[i],
		   "a bastion that turns the connection away is tried again after %d ms",
		   pauses[i]);
		testclock_ms += pauses[i];
	}
	ok(fake.dials == 6, "each try of a login is a connection of its own");
	testclock_ms += 200;
	ok(t->ops->step(t, &err) == TRANSPORT_FAILED && err.code == ERROR_RETRY,
	   "after 7.5 s the login fails for good");
	t->ops->free(t);

	reset();
	fake.connected = true;
	fake.conn.login = TRANSPORT_FAILED;
	fake.conn.login_error = ERROR_DENIED;
	t = start();
	ok(t->ops->step(t, &err) == TRANSPORT_FAILED && fake.dials == 1,
	   "a login with a refused key is not tried again");
	t->ops->free(t);
}

static void test_refused_after_turned_away(void)
{
	struct error err = ERROR_INIT;
	struct transport *t;

	reset();
	fake.connected = true;
	fake.conn.login = TRANSPORT_FAILED;
	fake.conn.login_error = ERROR_RETRY;
	t = start();
	for (int i = 0; i < 4; i++) {
		(void)t->ops->step(t, &err);
		testclock_ms += 1600;
	}
	fake.connected = false;
	fake.refused = true;
	(void)t->ops->step(t, &err);
	testclock_ms += 1499;
	ok(t->ops->step(t, &err) == TRANSPORT_PENDING,
	   "a bastion that restarts after it turned a connection away has 1.5 s to "
	   "listen");
	t->ops->free(t);
}

static void test_unable(void)
{
	struct error err = ERROR_INIT;
	struct transport *t;

	reset();
	fake.connected = true;
	fake.conn.login = TRANSPORT_FAILED;
	fake.conn.login_error = ERROR_UNAVAILABLE;
	fake.conn.unable = UNABLE;
	t = start();
	ok(t->ops->step(t, &err) == TRANSPORT_FAILED && t->unable,
	   "what libssh2 cannot do is left to OpenSSH");
	t->ops->free(t);

	reset();
	fake.unfit = "a certificate";
	t = start();
	ok(t->ops->step(t, &err) == TRANSPORT_FAILED && t->unable &&
	           fake.connections == 0,
	   "a key that libssh2 cannot use is left to OpenSSH before any connection");
	t->ops->free(t);
}

static void test_key_is_forgotten(void)
{
	struct transport *t = ready();

	ok(fake.keys == 0, "once logged in, no key stays in memory");
	t->ops->free(t);
}

static void test_idle_probe(void)
{
	struct transport *t = ready();

	ok(wait_of(t) == 60000, "a quiet bastion is probed after 60 s");
	testclock_ms += 60000;
	(void)t->ops->receive(t);
	ok(fake.conn.drains == 1 && fake.conn.keepalives == 0,
	   "a probe is a channel of an unknown type, whose answer takes no memory");
	ok(!t->ops->unresponsive(t) && wait_of(t) == 2000,
	   "a probed bastion has 2 s to answer");
	testclock_ms += 2000;
	ok(t->ops->unresponsive(t) && !t->ops->can_open(t) && !t->ops->is_closed(t),
	   "an unresponsive bastion opens no channels, but stays connected");
	fake.conn.netbuf.last_read_ms = testclock_ms;
	fake.conn.drain = TRANSPORT_DONE;
	(void)t->ops->receive(t);
	ok(!t->ops->unresponsive(t) && t->ops->can_open(t),
	   "an answer makes a bastion responsive again");
	t->ops->free(t);
}

static void test_dead(void)
{
	struct transport *t = ready();

	testclock_ms += 60000;
	(void)t->ops->receive(t);
	testclock_ms += 44999;
	(void)t->ops->receive(t);
	ok(!t->ops->is_closed(t) && fake.conn.keepalives == 0,
	   "no second probe is sent while one is unanswered");
	testclock_ms += 1;
	ok(t->ops->is_closed(t), "45 s after a probe without answer it is closed");
	t->ops->free(t);
	t = ready();
	fake.conn.closed = true;
	ok(t->ops->is_closed(t), "a connection that has ended is closed at once");
	t->ops->free(t);
}

static void test_opening_probe(void)
{
	struct transport *t = ready();
	struct channel_open open = { .host = "10.0.0.5", .port = 22 };
	struct stream *stream;
	struct error err = ERROR_INIT;

	testclock_ms += 10000;
	ok(t->ops->open(t, &open, &stream, &err) == TRANSPORT_PENDING &&
	           !t->ops->can_open(t),
	   "one channel opens at a time");
	ok(wait_of(t) == 1000, "silence while a channel opens is probed after 1 s");
	testclock_ms += 1000;
	(void)t->ops->receive(t);
	ok(fake.conn.keepalives == 1 && fake.conn.drains == 0,
	   "while a channel opens the probe is a keepalive: libssh2 cannot open a second "
	   "channel");
	testclock_ms += 1000;
	fake.conn.netbuf.last_read_ms = testclock_ms;
	ok(wait_of(t) == 5000, "after an answer the next probe is 5 s later");
	fake.conn.open = TRANSPORT_DONE;
	ok(t->ops->open(t, &open, &stream, &err) == TRANSPORT_DONE &&
	           open.place == NULL && t->ops->can_open(t),
	   "when a channel has opened the next one may open");
	(void)stream->ops->close(stream);
	t->ops->free(t);
}

static void test_cancel(void)
{
	struct transport *t = ready();
	struct channel_open open = { .host = "10.0.0.5", .port = 22 };
	struct stream *stream;
	struct error err = ERROR_INIT;

	(void)t->ops->open(t, &open, &stream, &err);
	t->ops->cancel(t, &open);
	ok(open.place == NULL && !t->ops->can_open(t),
	   "while an orphaned channel opens no other channel does: libssh2 cannot "
	   "cancel");
	(void)t->ops->receive(t);
	ok(fake.conn.opens == 2, "an orphaned channel is opened to its end");
	fake.conn.open = TRANSPORT_DONE;
	fake.stream_closes = 2;
	(void)t->ops->receive(t);
	ok(fake.streams == 1 && !t->ops->can_open(t),
	   "an orphaned channel is closed, which may last");
	(void)t->ops->receive(t);
	ok(fake.streams == 0 && t->ops->can_open(t),
	   "after an orphaned channel is closed channels open again");
	t->ops->free(t);

	t = ready();
	(void)t->ops->open(t, &open, &stream, &err);
	t->ops->cancel(t, &open);
	fake.conn.open = TRANSPORT_DONE;
	fake.stream_closes = 2;
	(void)t->ops->receive(t);
	t->ops->abandon(t);
	fake.stream_closes = 1;
	t->ops->free(t);
	ok(fake.streams == 0 && fake.connections == 0,
	   "a channel without client is freed with its connection");
}

static void test_wake(void)
{
	struct transport *t = ready();

	fake.conn.drain = TRANSPORT_DONE;
	t->ops->probe(t);
	testclock_ms += 10;
	ok(wait_of(t) == 0, "after a sleep of the machine the bastion is probed at once");
	(void)t->ops->receive(t);
	ok(fake.conn.drains == 1, "after a sleep of the machine one probe is sent");
	t->ops->probe(t);
	(void)t->ops->receive(t);
	ok(fake.conn.drains == 1, "a probe that is unanswered serves for the next sleep");
	fake.conn.netbuf.last_read_ms = testclock_ms;
	t->ops->probe(t);
	testclock_ms += 1000;
	ok(wait_of(t) == 2000, "two probes are 3 s apart");
	t->ops->free(t);
}

static void test_unread_input(void)
{
	struct transport *t = ready();

	fake.conn.netbuf.in_len = 1;
	(void)wait_of(t);
	ok(fake.conn.drains == 1 && !t->ops->can_open(t),
	   "bytes that no channel has read are read by a drain, before the loop waits");
	fake.conn.netbuf.in_len = 0;
	fake.conn.drain = TRANSPORT_DONE;
	(void)t->ops->receive(t);
	ok(t->ops->can_open(t), "channels open again after a drain");
	t->ops->free(t);
}

int main(void)
{
	(void)setenv("HOME", "/dev/null/none", 1);
	(void)setenv("XDG_CACHE_HOME", "/dev/null/none", 1);
	if (fd_nonblocking(0) == -1)
		(void)open("/dev/null", O_RDONLY);
	test_start();
	test_no_answer();
	test_slow_login();
	test_slow_agent();
	test_turned_away();
	test_refused_after_turned_away();
	test_unable();
	test_key_is_forgotten();
	test_idle_probe();
	test_dead();
	test_opening_probe();
	test_cancel();
	test_wake();
	test_unread_input();
	pollset_release(&set);
	return done_testing();
}
