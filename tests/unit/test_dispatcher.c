/* SPDX-License-Identifier: MIT */
/* How requests for channels are answered: each transition, by a clock, logins and clients
 * of the test's own. */

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/brokerrequest.h"
#include "broker/client.h"
#include "broker/dispatcher.h"
#include "descriptors.h"
#include "fake_transport.h"
#include "net/pollset.h"
#include "route/routefile.h"
#include "runtime/log.h"
#include "tap.h"
#include "testclock.h"

#define GATEWAY "hop@192.0.2.1"

static char folder[] = "/tmp/cxssh-dispatcher.XXXXXX";
static struct pollset set = POLLSET_INIT;

static void write_route(const char *uid, const char *gateway)
{
	struct error err = ERROR_INIT;
	struct route route = { .target = (char *)uid,
		               .alias = (char[]){ "otter" },
		               .stack_uid = (char[]){ "s1" },
		               .address = (char[]){ "10.0.0.5" },
		               .user = (char[]){ "deploy" },
		               .gateway = (char *)gateway };

	if (routefile_write(&route, &err) == -1)
		abort();
}

static struct dispatcher *new_dispatcher(enum gateway_transport transport)
{
	fakes_reset();
	return dispatcher_new(&(struct dispatcher_config){
		.gateway = GATEWAY, .transport = transport, .backend = &fake_backend });
}

/* One turn of the broker's loop, without waiting; returns the time it would wait. */
static int turn(struct dispatcher *d)
{
	int wait_ms = 1000000;

	pollset_clear(&set);
	dispatcher_poll(d, &set, &wait_ms);
	(void)poll(set.items, (nfds_t)set.count, 0);
	while (dispatcher_step(d, &set)) {
		pollset_clear(&set);
		dispatcher_poll(d, &set, &wait_ms);
		(void)poll(set.items, (nfds_t)set.count, 0);
	}
	return wait_ms;
}

/* A client that asks for a channel to uid: its end of the connection. */
static int ask(struct dispatcher *d, const char *uid)
{
	struct broker_request *request;
	int ends[2];

	if (fd_socketpair(ends) == -1 || dprintf(ends[1], "v1 channel %s 22\n", uid) < 0)
		abort();
	request = broker_request_new(ends[0]);
	if (broker_request_read(request) != BROKER_REQUEST_CHANNEL)
		abort();
	dispatcher_enqueue(d, request);
	return ends[1];
}

/* What the client was told: "" while it waits.  *passed: its channel, or -1. */
static const char *reply_of(int client, int *passed)
{
	static char answer[BROKER_LINE_MAX];
	struct error err = ERROR_INIT;
	struct pollfd pfd = { .fd = client, .events = POLLIN };

	*passed = -1;
	if (poll(&pfd, 1, 0) == 0)
		return "";
	if (broker_read_reply(client, deadline_in(0), answer, passed, &err) !=
	    BROKER_ANSWERED)
		return "(hung up)";
	return answer;
}

static bool has_channel(int client)
{
	int passed;
	bool has = strcmp(reply_of(client, &passed), "v1 ok") == 0 && passed != -1;

	fd_close(&passed);
	(void)close(client);
	return has;
}

static bool waits(int client)
{
	int passed;

	return reply_of(client, &passed)[0] == '\0';
}

/* Was the client told an error with this status and text? */
static bool is_told(int client, const char *what)
{
	int passed;
	const char *text = reply_of(client, &passed);
	bool told = strncmp(text, "v1 error ", 9) == 0 && strstr(text, what) != NULL &&
	            passed == -1;

	if (!told)
		fprintf(stderr, "# told: %s\n", text);
	fd_close(&passed);
	(void)close(client);
	return told;
}

/* A dispatcher with one login that is ready, whose channels open like that. */
static struct dispatcher *ready_dispatcher(enum transport_result open)
{
	struct dispatcher *d = new_dispatcher(TRANSPORT_AUTO);

	fakes.login = TRANSPORT_DONE;
	dispatcher_preconnect(d);
	turn(d);
	fakes.items[0]->open = open;
	return d;
}

static void test_channel(void)
{
	struct dispatcher *d = new_dispatcher(TRANSPORT_AUTO);
	int client = ask(d, "uid1");
	int passed;

	turn(d);
	ok(fakes.count == 1 && waits(client),
	   "a request starts a login and waits for it");
	is_str(dispatcher_transport(d), "connecting",
	       "the status tells of a login that is not ready");
	fakes.items[0]->login = TRANSPORT_DONE;
	turn(d);
	ok(fakes.items[0]->opens == 1 && waits(client),
	   "a login that is ready opens the channel");
	is_str(dispatcher_transport(d), "libssh2", "the status names the transport");
	fakes.items[0]->open = TRANSPORT_DONE;
	turn(d);
	is_str(reply_of(client, &passed), "v1 ok", "the client is told ok");
	ok(passed != -1, "the answer ok comes with a descriptor");
	ok(dispatcher_relays(d) == 1 && dispatcher_waiting(d) == 0 &&
	           dispatcher_served(d) == 1,
	   "the channel is relayed and counted");
	fd_close(&passed);
	fakes.stream_ended = true;
	turn(d);
	ok(dispatcher_relays(d) == 0 && fakes.streams == 0,
	   "when both ends have closed, the relay ends");
	(void)close(client);
	dispatcher_free(d);
}

static void test_refused_requests(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_DONE);

	ok(is_told(ask(d, "unknown"), "66 there is no route to unknown"),
	   "a server without a route is refused");
	ok(is_told(ask(d, "other"), "66 other is not behind gateway 192.0.2.1"),
	   "a server of another gateway is refused");
	ok(fakes.items[0]->opens == 0, "the bastion is not asked for either");
	fakes.items[0]->open = TRANSPORT_FAILED;
	{
		int client = ask(d, "uid1");

		turn(d);
		ok(is_told(client, "69 gateway 192.0.2.1 cannot reach otter (10.0.0.5 "
		                   "port 22): nothing listens there, or it is down"),
		   "a channel that the bastion cannot open is an error that names it");
	}
	dispatcher_free(d);
}

static void test_login_fails(void)
{
	struct dispatcher *d = new_dispatcher(TRANSPORT_AUTO);
	int first = ask(d, "uid1");
	int second = ask(d, "uid1");

	turn(d);
	fakes.items[0]->login = TRANSPORT_FAILED;
	fakes.items[0]->login_error = ERROR_DENIED;
	turn(d);
	ok(is_told(first, "77 the login failed") &&
	           is_told(second, "77 the login failed"),
	   "when no login is possible, each request is told why");
	ok(is_told(ask(d, "uid1"), "77 the login failed"),
	   "a request that comes later is told at once");
	ok(dispatcher_failure(d) != NULL && fakes.count == 1,
	   "no further login is started");
	dispatcher_free(d);
}

static void test_client_hangs_up(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_PENDING);
	int client = ask(d, "uid1");

	turn(d);
	(void)close(client);
	turn(d);
	ok(dispatcher_waiting(d) == 0 && fakes.items[0]->cancels == 1,
	   "the channel of a client that hung up is cancelled");
	dispatcher_free(d);
}

static void test_stuck(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_PENDING);
	int first = ask(d, "uid1");
	int second;
	int wait_ms;

	turn(d);
	second = ask(d, "uid1");
	wait_ms = turn(d);
	ok(wait_ms == 1000, "the loop wakes when a request counts as stuck");
	testclock_ms += 999;
	turn(d);
	ok(fakes.count == 1, "a second request waits for the first for a second");
	testclock_ms += 1;
	turn(d);
	ok(fakes.count == 2,
	   "after a second another login is started for the second request");
	fakes.items[1]->open = TRANSPORT_DONE;
	turn(d);
	ok(has_channel(second) && waits(first),
	   "the second request gets its channel while the first still waits");
	(void)close(first);
	dispatcher_free(d);
}

static void test_slow_login(void)
{
	struct dispatcher *d = new_dispatcher(TRANSPORT_AUTO);
	int first = ask(d, "uid1");
	int second = ask(d, "uid1");

	turn(d);
	testclock_ms += 3000;
	fakes.items[0]->login = TRANSPORT_DONE;
	turn(d);
	ok(fakes.count == 1 && fakes.items[0]->opens == 1,
	   "a login that takes 3 s is followed by no second one");
	testclock_ms += 999;
	ok(turn(d) == 1 && fakes.count == 1,
	   "a request is stuck when the login has opened no channel for a second");
	testclock_ms += 1;
	turn(d);
	ok(fakes.count == 2, "after that second another login is started");
	(void)close(first);
	(void)close(second);
	dispatcher_free(d);
}

/* As many silent servers as there are logins, then one that answers. */
static void test_silent_servers(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_PENDING);
	int silent[POOL_SLOTS];
	int live;

	for (size_t i = 0; i < POOL_SLOTS; i++) {
		silent[i] = ask(d, "uid1");
		turn(d);
		testclock_ms += 1000;
		turn(d);
	}
	live = ask(d, "uid1");
	ok(turn(d) <= 1000 && fakes.count == POOL_SLOTS && waits(live),
	   "servers that do not answer hold all logins");
	testclock_ms += 1000;
	turn(d);
	ok(fakes.items[0]->cancels == 1 && fakes.items[0]->freed &&
	           fakes.count == POOL_SLOTS + 1,
	   "for a request that has none the login that was held longest ends, and "
	   "another "
	   "starts");
	fakes.items[POOL_SLOTS]->open = TRANSPORT_DONE;
	turn(d);
	ok(has_channel(live), "the request gets its channel on the new login");
	ok(waits(silent[1]) && has_channel(silent[0]),
	   "the request that has lost its login gets one after that");
	for (size_t i = 1; i < POOL_SLOTS; i++)
		(void)close(silent[i]);
	turn(d);
	ok(fakes.items[1]->freed && fakes.items[POOL_SLOTS - 1]->freed,
	   "logins on which a channel opens whose client has gone end");
	dispatcher_free(d);
}

static void test_long_queue(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_PENDING);
	int clients[12];

	clients[0] = ask(d, "uid1");
	turn(d);
	testclock_ms += 800; /* so long does a channel take */
	fakes.items[0]->open = TRANSPORT_DONE;
	turn(d);
	ok(has_channel(clients[0]), "a channel takes 800 ms to open");
	fakes.items[0]->open = TRANSPORT_PENDING;
	for (size_t i = 0; i < 10; i++)
		clients[i] = ask(d, "uid1");
	turn(d);
	ok(fakes.count == 1, "nine requests behind one are served within 8 s");
	clients[10] = ask(d, "uid1");
	turn(d);
	ok(fakes.count == 2, "for a tenth request another login is started at once");
	for (size_t i = 0; i < 11; i++)
		(void)close(clients[i]);
	dispatcher_free(d);
}

/* 25 requests behind one on a login that opens a channel in 800 ms. */
static struct dispatcher *crowded_dispatcher(int clients[26])
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_PENDING);

	clients[0] = ask(d, "uid1");
	turn(d);
	testclock_ms += 800;
	fakes.items[0]->open = TRANSPORT_DONE;
	turn(d);
	ok(has_channel(clients[0]), "a channel takes 800 ms to open");
	fakes.items[0]->open = TRANSPORT_PENDING;
	fakes.login = TRANSPORT_PENDING;
	for (size_t i = 0; i < 26; i++)
		clients[i] = ask(d, "uid1");
	return d;
}

static void test_very_long_queue(void)
{
	int clients[26];
	struct dispatcher *d = crowded_dispatcher(clients);

	turn(d);
	ok(fakes.count == 3, "for 25 requests behind one two more logins begin at once");
	testclock_ms += 1400;
	turn(d);
	ok(fakes.count == 4, "a third begins when the time that they took makes it late");
	for (size_t i = 0; i < 26; i++)
		(void)close(clients[i]);
	dispatcher_free(d);

	d = crowded_dispatcher(clients);
	fakes.items[0]->transport.unattended = false;
	turn(d);
	ok(fakes.count == 2, "logins that ask a user begin one after the other");
	for (size_t i = 0; i < 26; i++)
		(void)close(clients[i]);
	dispatcher_free(d);
}

static void test_unresponsive(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_PENDING);
	int client = ask(d, "uid1");

	turn(d);
	fakes.items[0]->unresponsive = true;
	turn(d);
	ok(fakes.items[0]->cancels == 1 && fakes.count == 2,
	   "a channel on an unresponsive login is cancelled, and a new login starts");
	ok(fakes.items[0]->freed, "the old login, which has no channels, ends");
	fakes.items[1]->open = TRANSPORT_DONE;
	turn(d);
	ok(has_channel(client), "the request gets its channel on the new login");
	dispatcher_free(d);
}

static void test_connection_lost(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_PENDING);
	int client = ask(d, "uid1");

	turn(d);
	fakes.items[0]->closed = true;
	turn(d);
	ok(waits(client) && fakes.count == 2,
	   "a request survives the loss of the connection: another login is started");
	turn(d);
	fakes.items[1]->closed = true;
	turn(d);
	ok(is_told(client, "69 gateway 192.0.2.1 cannot reach otter (10.0.0.5 port 22): "
	                   "the connection to it was lost"),
	   "a request whose connection is lost twice is told so");
	ok(dispatcher_is_over(d), "without login and request the dispatcher is over");
	dispatcher_free(d);
}

static void test_lost_with_channels(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_DONE);
	int client = ask(d, "uid1");
	char byte;
	int passed;

	turn(d);
	(void)reply_of(client, &passed);
	fakes.items[0]->closed = true;
	turn(d);
	ok(dispatcher_relays(d) == 0 && fakes.streams == 0 && read(passed, &byte, 1) == 0,
	   "channels end with their connection");
	ok(dispatcher_is_over(d),
	   "after the loss of the only connection the dispatcher is over");
	fd_close(&passed);
	(void)close(client);
	dispatcher_free(d);
}

/* The request of a client that has waited for 8 s. */
static int wait_long(struct dispatcher *d)
{
	int client = ask(d, "uid1");

	turn(d);
	testclock_ms += 7999;
	turn(d);
	ok(waits(client), "a request waits for 8 s");
	testclock_ms += 1;
	turn(d);
	return client;
}

static void test_time_out(void)
{
	struct dispatcher *d = new_dispatcher(TRANSPORT_AUTO);

	ok(is_told(wait_long(d), "69 gateway 192.0.2.1 takes too long to log in"),
	   "a request that ran out of time is told of a slow login");
	dispatcher_free(d);

	d = ready_dispatcher(TRANSPORT_PENDING);
	ok(is_told(wait_long(d), "69 gateway 192.0.2.1 cannot reach otter (10.0.0.5 port "
	                         "22): no answer from the server"),
	   "a request that ran out of time is told of a server that does not answer the "
	   "bastion");
	dispatcher_free(d);

	d = ready_dispatcher(TRANSPORT_PENDING);
	fakes.login = TRANSPORT_PENDING;
	{
		int first = ask(d, "uid1");
		int second;

		turn(d);
		testclock_ms += 10;
		second = wait_long(d);
		ok(is_told(second, "75 gateway 192.0.2.1 is busy with other "
		                   "connections, try again"),
		   "a request that had no turn is told of other connections");
		(void)close(first);
	}
	dispatcher_free(d);

	d = ready_dispatcher(TRANSPORT_DONE);
	{
		int open = ask(d, "uid1");

		turn(d);
		fakes.items[0]->unresponsive = true;
		fakes.login = TRANSPORT_PENDING;
		ok(is_told(wait_long(d), "69 gateway 192.0.2.1 does not answer any more"),
		   "a request that ran out of time is told of a bastion that does not "
		   "answer");
		ok(has_channel(open) && dispatcher_relays(d) == 1,
		   "the channels of that bastion are kept");
	}
	dispatcher_free(d);
}

static void test_openssh(void)
{
	struct dispatcher *d = new_dispatcher(TRANSPORT_OPENSSH);
	int client;

	fakes.login = TRANSPORT_DONE;
	client = ask(d, "uid1");
	turn(d);
	is_str(dispatcher_transport(d), "openssh", "the configuration chooses OpenSSH");
	testclock_ms += 5000;
	turn(d);
	ok(fakes.count == 1, "OpenSSH gets no second login for a request that is stuck");
	(void)close(client);
	dispatcher_free(d);
}

static void test_probe(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_DONE);

	dispatcher_probe(d);
	ok(fakes.items[0]->probes == 1, "after a sleep of the machine logins are probed");
	dispatcher_free(d);
}

/* Many sessions that each show a little are no copy. */
static void test_upload(void)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_DONE);
	int client = ask(d, "uid1");
	static const char bytes[20000];
	int channel;

	turn(d);
	(void)reply_of(client, &channel);
	fakes.narrow = true;
	if (write(channel, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
		abort();
	turn(d);
	ok(fakes.written == sizeof(bytes),
	   "an upload goes on when the connection to the bastion takes bytes again, and "
	   "does not wait for the bastion");
	fd_close(&channel);
	(void)close(client);
	turn(d);
	dispatcher_free(d);
}

static void test_beside_terminals(void)
{
	enum { SESSIONS = 50 };
	struct dispatcher *d = ready_dispatcher(TRANSPORT_DONE);
	int channels[SESSIONS];
	int client;

	for (size_t i = 0; i < SESSIONS; i++) {
		client = ask(d, "uid1");
		turn(d);
		(void)reply_of(client, &channels[i]);
		(void)close(client);
	}
	fakes.stream_read = 4096;
	for (int i = 0; i < 20; i++) {
		fakes.stream_bytes = SESSIONS * 4096;
		testclock_ms += 100;
		turn(d);
	}
	client = ask(d, "uid1");
	turn(d);
	ok(has_channel(client) && fakes.count == 1,
	   "a session beside fifty terminals shares their login");
	for (size_t i = 0; i < SESSIONS; i++)
		(void)close(channels[i]);
	dispatcher_free(d);
}

/* Read what the client gets, for a second in which a copy runs. */
static void copy(struct dispatcher *d, int channel)
{
	static char bytes[256 * 1024];

	for (int i = 0; i < 10; i++) {
		fakes.stream_bytes = 64 * 1024;
		testclock_ms += 100;
		turn(d);
		while (recv(channel, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			turn(d);
	}
}

/* A dispatcher with a channel that carries a copy; *channel: its client's end. */
static struct dispatcher *copying(int *channel)
{
	struct dispatcher *d = ready_dispatcher(TRANSPORT_DONE);
	int client = ask(d, "uid1");

	turn(d);
	(void)reply_of(client, channel);
	(void)close(client);
	copy(d, *channel);
	return d;
}

static void test_beside_a_copy(void)
{
	int channel;
	struct dispatcher *d = copying(&channel);
	int client;

	(void)close(channel);
	fakes.stream_ended = true;
	turn(d);
	client = ask(d, "uid1");
	turn(d);
	ok(fakes.count == 1 && has_channel(client),
	   "a session after a copy shares its login");
	dispatcher_free(d);

	d = copying(&channel);
	testclock_ms += 3000;
	client = ask(d, "uid1");
	turn(d);
	ok(fakes.count == 1 && has_channel(client),
	   "a session beside a copy that stands still gets no login of its own");
	(void)close(channel);
	dispatcher_free(d);

	d = copying(&channel);
	client = ask(d, "uid1");

	fakes.login = TRANSPORT_PENDING;
	turn(d);
	ok(fakes.count == 2 && waits(client) && fakes.items[0]->opens == 1,
	   "a session beside a copy waits for a login of its own");
	fakes.items[1]->login = TRANSPORT_DONE;
	fakes.items[1]->open = TRANSPORT_DONE;
	turn(d);
	ok(fakes.items[1]->opens == 1 && has_channel(client),
	   "a session beside a copy has its channel on its own login");
	(void)close(channel);
	dispatcher_free(d);

	d = copying(&channel);
	client = ask(d, "uid1");
	fakes.login = TRANSPORT_PENDING;
	ok(turn(d) <= 3000 && waits(client), "the wait for such a login has a limit");
	testclock_ms += 2900;
	copy(d, channel);
	turn(d);
	ok(fakes.items[0]->opens == 2 && has_channel(client),
	   "a session whose login takes too long shares the one that is there");
	(void)close(channel);
	dispatcher_free(d);

	d = copying(&channel);
	client = ask(d, "uid1");
	fakes.refuse = true;
	turn(d);
	ok(fakes.items[0]->opens == 2 && has_channel(client),
	   "a session whose own login cannot start opens on the login of the copy");
	fakes.refuse = false;
	(void)close(channel);
	dispatcher_free(d);
}

int main(void)
{
	int before;

	if (mkdtemp(folder) == NULL)
		abort();
	(void)setenv("HOME", folder, 1);
	(void)setenv("XDG_CACHE_HOME", folder, 1);
	(void)setenv("XDG_CONFIG_HOME", folder, 1);
	write_route("uid1", GATEWAY);
	write_route("other", "hop@192.0.2.9");
	log_step("the log stays open");
	before = open_descriptors();
	test_channel();
	test_refused_requests();
	test_login_fails();
	test_client_hangs_up();
	test_stuck();
	test_slow_login();
	test_silent_servers();
	test_long_queue();
	test_very_long_queue();
	test_unresponsive();
	test_connection_lost();
	test_lost_with_channels();
	test_time_out();
	test_openssh();
	test_probe();
	test_upload();
	test_beside_terminals();
	test_beside_a_copy();
	ok(open_descriptors() == before, "no descriptor is left open");
	remove_folder(folder);
	fakes_reset();
	pollset_release(&set);
	return done_testing();
}
