/* SPDX-License-Identifier: MIT */
/* Which logins a broker has: each transition, by a clock and logins of the test's own. */

#include <unistd.h>

#include "base/deadline.h"
#include "base/strbuf.h"
#include "fake_transport.h"
#include "net/pollset.h"
#include "tap.h"
#include "testclock.h"

static char folder[] = "/tmp/cxssh-pool.XXXXXX";

static struct pool new_pool(enum gateway_transport transport)
{
	fakes_reset();
	return (struct pool){ .backend = &fake_backend,
		              .config = { .gateway = "hop@192.0.2.1",
		                          .address = "192.0.2.1",
		                          .user = "hop" },
		              .transport = transport };
}

/* Close what ended, as the dispatcher does. */
static void step(struct pool *p)
{
	pool_step(p);
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		if (p->slots[i].ended)
			pool_remove(&p->slots[i]);
	}
}

static void end(struct pool *p)
{
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		if (p->slots[i].transport != NULL)
			pool_remove(&p->slots[i]);
	}
}

/* A pool with count logins that are ready. */
static struct pool ready_pool(size_t count)
{
	struct pool p = new_pool(TRANSPORT_AUTO);

	fakes.login = TRANSPORT_DONE;
	for (size_t i = 0; i < count; i++)
		pool_start(&p);
	step(&p);
	return p;
}

static void remove_config(void)
{
	char *path = xasprintf("%s/cxssh/config", folder);

	(void)unlink(path);
	free(path);
}

static bool config_has(const char *line)
{
	char *path = xasprintf("%s/cxssh/config", folder);
	FILE *f = fopen(path, "r");
	char text[4096] = "";

	free(path);
	if (f == NULL)
		return false;
	(void)!fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	return strstr(text, line) != NULL;
}

static void test_first_login(void)
{
	struct pool p = new_pool(TRANSPORT_AUTO);

	pool_start(&p);
	step(&p);
	ok(pool_count(&p, false) == 1 && pool_count(&p, true) == 0 &&
	           pool_find_slot(&p, 0) == NULL,
	   "a login that is not ready opens no channel");
	ok(fakes.confined == 0, "the broker may start programs until it is ready");
	fakes.items[0]->login = TRANSPORT_DONE;
	step(&p);
	ok(pool_count(&p, true) == 1 && pool_find_slot(&p, 0) == &p.slots[0],
	   "a login that is ready opens channels");
	ok(fakes.confined == 1 && p.transport == TRANSPORT_LIBSSH2,
	   "after a login by libssh2 the broker is confined and keeps to libssh2");
	pool_start(&p);
	is_str(fakes.items[1]->peer_address, "192.0.2.1",
	       "the next login gets the bastion's address, without a name lookup");
	end(&p);
}

/* A pool whose first login has failed. */
static struct pool failed_pool(enum gateway_transport transport, enum error_code code,
                               enum unable unable)
{
	struct pool p = new_pool(transport);

	pool_start(&p);
	fakes.items[0]->login = TRANSPORT_FAILED;
	fakes.items[0]->login_error = code;
	fakes.items[0]->transport.unable = unable;
	step(&p);
	return p;
}

static void test_first_login_fails(void)
{
	struct pool p = new_pool(TRANSPORT_AUTO);

	fakes.refuse = true;
	pool_start(&p);
	ok(p.failure.code == ERROR_CONFIG, "a login that cannot start is a failure");
	p = failed_pool(TRANSPORT_AUTO, ERROR_DENIED, ABLE);
	ok(p.failure.code == ERROR_DENIED && pool_count(&p, false) == 0,
	   "a pool whose only login failed has failed for the same reason");
	ok(fakes.items[0]->freed, "a login that failed is freed");
}

static void test_unable(void)
{
	struct pool p = failed_pool(TRANSPORT_AUTO, ERROR_UNAVAILABLE, UNABLE);

	ok(p.transport == TRANSPORT_OPENSSH && fakes.count == 2 &&
	           p.failure.code == ERROR_NONE,
	   "what libssh2 cannot do is tried by OpenSSH");
	ok(!config_has("openssh"), "OpenSSH is not remembered before it works");
	fakes.items[1]->login = TRANSPORT_DONE;
	step(&p);
	ok(pool_count(&p, true) == 1 && fakes.confined == 0,
	   "a login by OpenSSH leaves the right to start programs");
	ok(config_has("gateway-transport 192.0.2.1 = openssh"),
	   "once it works OpenSSH is remembered for the bastion");
	ok(!pool_may_grow(&p), "OpenSSH is one process: no second login");
	end(&p);

	p = failed_pool(TRANSPORT_AUTO, ERROR_TRUST, UNABLE);
	ok(p.failure.code == ERROR_TRUST && fakes.count == 1,
	   "a host key that is not trusted is not tried by OpenSSH");

	remove_config();
	p = failed_pool(TRANSPORT_AUTO, ERROR_UNAVAILABLE, MAYBE_UNABLE);
	fakes.items[1]->login = TRANSPORT_DONE;
	step(&p);
	ok(pool_count(&p, true) == 1 && p.transport == TRANSPORT_OPENSSH &&
	           !config_has("openssh"),
	   "a bastion that only hung up is tried by OpenSSH, which is not remembered");
	end(&p);

	p = failed_pool(TRANSPORT_LIBSSH2, ERROR_UNAVAILABLE, UNABLE);
	ok(p.failure.code == ERROR_UNAVAILABLE && fakes.count == 1,
	   "where the configuration says libssh2, OpenSSH is not tried");
}

static void test_login_on_the_terminal(void)
{
	struct pool p = new_pool(TRANSPORT_LIBSSH2);

	fakes.has_login = true;
	fakes.login = TRANSPORT_DONE;
	pool_start(&p);
	step(&p);
	is_str(fakes.items[0]->transport.ops->name, "openssh",
	       "a login that the user made on the terminal is used");
	ok(fakes.confined == 0 && !p.remember && !pool_may_grow(&p),
	   "a login of the terminal is neither remembered nor doubled");
	end(&p);
}

static void test_additional_login_fails(void)
{
	struct pool p = ready_pool(1);

	fakes.login = TRANSPORT_FAILED;
	pool_start(&p);
	fakes.items[1]->login_error = ERROR_RETRY;
	step(&p);
	ok(p.failure.code == ERROR_NONE && pool_count(&p, true) == 1,
	   "an additional login that fails costs the first one nothing");
	ok(!pool_may_grow(&p), "the next additional login waits");
	testclock_ms += 4999;
	ok(!pool_may_grow(&p), "the next additional login waits for 5 s");
	testclock_ms += 1;
	ok(pool_may_grow(&p), "after 5 s the next additional login may start");
	fakes.refuse = true;
	pool_start(&p);
	ok(p.failure.code == ERROR_NONE && !pool_may_grow(&p),
	   "after an additional login that cannot start the next one waits, too");
	end(&p);
}

static void test_limit(void)
{
	struct pool p = ready_pool(POOL_SLOTS);

	ok(pool_count(&p, true) == POOL_SLOTS && !pool_may_grow(&p),
	   "a pool that is full does not grow");
	pool_start(&p);
	ok(fakes.count == POOL_SLOTS, "a pool that is full starts nothing");
	end(&p);
}

static void test_spare(void)
{
	struct pool p = ready_pool(2);
	int wait_ms = 1000000;
	struct pollset set = POLLSET_INIT;

	p.slots[0].relays = 1;
	step(&p);
	pool_poll(&p, &set, &wait_ms);
	ok(wait_ms == 30000, "the loop wakes to end a login that has no channels");
	testclock_ms += 29999;
	step(&p);
	ok(pool_count(&p, true) == 2, "an additional login stays for 30 s");
	testclock_ms += 1;
	step(&p);
	ok(pool_count(&p, true) == 1 && p.slots[0].transport != NULL,
	   "after 30 s the additional login without channels ends");
	p.slots[0].relays = 0;
	testclock_ms += 1000000;
	step(&p);
	ok(pool_count(&p, true) == 1, "the only login stays without channels");
	fakes.items[0]->unresponsive = true;
	step(&p);
	ok(pool_count(&p, true) == 0,
	   "an unresponsive login without channels ends at once");
	pollset_release(&set);
	end(&p);
}

static void test_unresponsive(void)
{
	struct pool p = ready_pool(2);

	p.slots[0].relays = p.slots[1].relays = 1;
	fakes.items[0]->unresponsive = true;
	step(&p);
	ok(!pool_is_unresponsive(&p) && pool_find_slot(&p, 0) == &p.slots[1],
	   "channels are opened on the login that answers");
	ok(pool_count(&p, true) == 2, "an unresponsive login with channels stays");
	fakes.items[1]->unresponsive = true;
	ok(pool_is_unresponsive(&p) && pool_find_slot(&p, 0) == NULL,
	   "when no login answers, the pool is unresponsive");
	fakes.items[0]->closed = true;
	step(&p);
	ok(pool_count(&p, true) == 1 && fakes.items[0]->freed,
	   "a login whose connection is lost ends, with its channels");
	end(&p);
}

static void test_sleep_survived(void)
{
	struct pool p = ready_pool(1);
	int wait_ms = 1000000;
	struct pollset set = POLLSET_INIT;

	p.slots[0].relays = 1;
	pool_probe(&p);
	ok(fakes.items[0]->probes == 1, "after a sleep each login is probed");
	pool_poll(&p, &set, &wait_ms);
	ok(wait_ms == 500, "the loop looks at a probed login twice a second");
	testclock_ms += 9999;
	step(&p);
	ok(p.slots[0].woke_ms != 0 && fakes.count == 1,
	   "a login that answers after a sleep is watched for 10 s");
	testclock_ms += 1;
	step(&p);
	ok(p.slots[0].woke_ms == 0 && pool_count(&p, true) == 1,
	   "after 10 s a login that answers is trusted");
	pollset_release(&set);
	end(&p);
}

static void test_sleep_lost(void)
{
	struct pool p = ready_pool(1);

	p.slots[0].relays = 1;
	pool_probe(&p);
	fakes.items[0]->unresponsive = true;
	fakes.login = TRANSPORT_PENDING;
	testclock_ms += 2000;
	step(&p);
	ok(fakes.count == 2,
	   "a login that does not answer after a sleep gets a second one beside it");
	testclock_ms += 3000;
	step(&p);
	ok(fakes.count == 2 && pool_count(&p, true) == 1,
	   "while the second login is not ready the old one stays: the network may be "
	   "away");
	fakes.items[1]->login = TRANSPORT_DONE;
	step(&p);
	/* Ready 5 s after the wake: the old one has 5 s more, and 2 s for round trips. */
	testclock_ms += 6999;
	step(&p);
	ok(!fakes.items[0]->freed, "the old login has as long again as the new one took");
	testclock_ms += 1;
	step(&p);
	ok(fakes.items[0]->freed && pool_count(&p, true) == 1,
	   "an old login that stays silent ends with its channels, and the new one "
	   "serves");
	end(&p);
}

static void test_sleep_late_answer(void)
{
	struct pool p = ready_pool(1);

	p.slots[0].relays = 1;
	pool_probe(&p);
	fakes.items[0]->unresponsive = true;
	testclock_ms += 2000;
	step(&p);
	fakes.items[0]->unresponsive = false;
	testclock_ms += 60000;
	p.slots[1].relays = 1;
	step(&p);
	ok(pool_count(&p, true) == 2 && p.slots[0].woke_ms == 0,
	   "a login that answers late is kept, with its channels");
	end(&p);
}

static void test_bulk(void)
{
	struct pool p = ready_pool(2);

	ok(pool_find_slot(&p, 0) == &p.slots[0], "a channel opens on the first login");
	p.slots[0].bulk = true;
	ok(pool_find_slot(&p, 0) == &p.slots[1],
	   "beside a copy it opens on the other login");
	p.slots[1].bulk = true;
	ok(pool_find_slot(&p, 0) == &p.slots[0],
	   "where all logins carry copies it opens on the first one");
	end(&p);
}

static void test_part(void)
{
	struct pool p = ready_pool(1);

	ok(pool_may_part(&p), "a login by a key file may have another one beside it");
	p.retry_ms = deadline_now_ms() + 1000;
	ok(!pool_may_part(&p), "after one that failed there is a pause");
	end(&p);
	p = ready_pool(POOL_SLOTS);
	ok(!pool_may_part(&p), "the number of logins is limited");
	end(&p);
	p = new_pool(TRANSPORT_AUTO);
	fakes.login = TRANSPORT_DONE;
	fakes.attended = true;
	pool_start(&p);
	step(&p);
	ok(!pool_may_part(&p),
	   "a login that asks ssh-agent gets none: the user may be asked");
	end(&p);
	p = new_pool(TRANSPORT_OPENSSH);
	fakes.login = TRANSPORT_DONE;
	pool_start(&p);
	step(&p);
	ok(!pool_may_part(&p), "OpenSSH's login stays the only one");
	end(&p);
}

int main(void)
{
	if (mkdtemp(folder) == NULL)
		abort();
	(void)setenv("HOME", folder, 1);
	(void)setenv("XDG_CONFIG_HOME", folder, 1);
	test_first_login();
	test_first_login_fails();
	test_unable();
	test_login_on_the_terminal();
	test_additional_login_fails();
	test_limit();
	test_spare();
	test_unresponsive();
	test_sleep_survived();
	test_sleep_lost();
	test_sleep_late_answer();
	test_bulk();
	test_part();
	remove_folder(folder);
	fakes_reset();
	return done_testing();
}
