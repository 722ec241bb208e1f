/* SPDX-License-Identifier: MIT */
/* The race of connect and lease, over the loopback, with a clock of the test's own. */

#include <fcntl.h>

#include "base/error.h"
#include "base/fd.h"
#include "connect/race.h"
#include "descriptors.h"
#include "fakes.h"
#include "route/routefile.h"
#include "servers.h"
#include "tap.h"

/* What happens when, in milliseconds from the start of a race; 0: never. */
struct plan {
	int open_at;    /* the firewall opens: the silent server answers */
	int ready_at;   /* the work is done */
	int fails_at;   /* the work fails */
	int answers_at; /* dialling is allowed */
	int hangs_up_at;
	bool needs_work; /* no result before the work is done, and its failure is the end
	                  */
	bool working;    /* from the start */
	bool has_sibling, may_refresh;
	int refresh_takes; /* a refresh is ready so long after its start */
	const char *moves_to;
	bool opening; /* as far as the API says */
	bool fresh;   /* the route's lease is a second old */
};

static struct plan plan;
static struct route route;
static int64_t began_ms;
static int refreshes;
static int64_t refreshed_ms;
static int caller[2];

static int elapsed(void)
{
	return (int)(fake_ms - began_ms);
}

static bool is_time(int ms)
{
	return ms > 0 && elapsed() >= ms;
}

/* ---- the work, by plan ---- */

static void script(void)
{
	if (is_time(plan.open_at)) {
		plan.open_at = 0;
		drain();
	}
	if (is_time(plan.hangs_up_at))
		fd_close(&caller[1]);
}

static enum race_work work(void *cookie)
{
	(void)cookie;
	if (refreshes > 0)
		return fake_ms - refreshed_ms >= plan.refresh_takes ? RACE_READY :
		                                                      RACE_WORKING;
	if (is_time(plan.ready_at))
		return RACE_READY;
	if (is_time(plan.fails_at))
		return RACE_FAILED;
	return plan.working ? RACE_WORKING : RACE_IDLE;
}

static int ended(void *cookie, struct error *err)
{
	if (work(cookie) == RACE_READY) {
		plan.needs_work = false;
		if (plan.moves_to != NULL)
			route.address = (char *)plan.moves_to;
		return 0;
	}
	error_set(err, ERROR_DENIED, "the token is not accepted");
	return plan.needs_work ? -1 : 0;
}

static bool may_dial(void *cookie)
{
	(void)cookie;
	return plan.answers_at == 0 || is_time(plan.answers_at);
}

static bool may_win(void *cookie)
{
	(void)cookie;
	return !plan.needs_work;
}

static int unfinished(void *cookie, struct error *err)
{
	(void)cookie;
	return plan.opening ? race_still_opening("lion", err) :
	                      race_took_too_long("lion", err);
}

static int refresh(void *cookie, struct error *err)
{
	(void)cookie;
	(void)err;
	refreshes++;
	refreshed_ms = fake_ms;
	return 0;
}

static void sleep_race(void *cookie, struct pollfd *pfds, size_t n, int wait_ms)
{
	(void)cookie;
	(void)poll(pfds, n, wait_ms < 10 ? wait_ms : 10); /* the plan may move on */
}

static int run(struct plan as, struct error *err)
{
	static const struct race_ops ops = { .work = work,
		                             .ended = ended,
		                             .may_dial = may_dial,
		                             .may_win = may_win,
		                             .unfinished = unfinished,
		                             .refresh = refresh,
		                             .sleep = sleep_race };
	struct deadline until;
	struct race_args args = { .route = &route,
		                  .port = port,
		                  .caller = -1,
		                  .until = &until,
		                  .has_sibling = as.has_sibling,
		                  .may_refresh = as.may_refresh,
		                  .ops = &ops };
	int fd;

	plan = as;
	route = (struct route){ .alias = (char[]){ "lion" },
		                .target = (char[]){ "uid" },
		                .address = (char[]){ "127.0.0.1" } };
	route.lease_made = (int64_t)time(NULL) - (as.fresh ? 1 : 1000);
	began_ms = fake_ms;
	refreshes = 0;
	err->text[0] = '\0';
	until = deadline_in(9500);
	if (as.hangs_up_at > 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, caller) == -1)
			abort();
		args.caller = caller[0];
	}
	fake_script = script;
	fd = race_run(&args, err);
	fake_script = NULL;
	if (as.hangs_up_at > 0) {
		(void)close(caller[0]);
		fd_close(&caller[1]);
	}
	return fd;
}

/* One race: connected or not, and after how long. */
#define races(server, connected, from_ms, to_ms, what, ...) \
	do { \
		int fd_; \
		server(); \
		fd_ = run((struct plan){ __VA_ARGS__ }, &err); \
		ok((fd_ != -1) == (connected) && elapsed() >= (from_ms) && \
		           elapsed() <= (to_ms), \
		   "%s (after %d ms)", what, elapsed()); \
		fd_close(&fd_); \
		close_server(); \
	} while (0)

static void test_open(void)
{
	struct error err = ERROR_INIT;

	races(serve, true, 0, 10, "an open server is connected to at once",
	      .may_refresh = true);
	ok(refreshes == 0, "an open server asks nothing of the API");
	races(serve, true, 0, 10, "a connection wins before the lease is confirmed",
	      .working = true, .ready_at = 3000);
	races(stay_silent, true, 3000, 3060,
	      "a server that opens is connected to within 60 ms", .working = true,
	      .ready_at = 3000, .open_at = 3000);
	races(stay_silent, true, 800, 860, "a server may open before the API says so",
	      .working = true, .ready_at = 3000, .open_at = 800);
	races(stay_silent, true, 4000, 4060,
	      "a server may open some time after the API says so", .working = true,
	      .ready_at = 3000, .open_at = 4000, .may_refresh = true);
	ok(refreshes == 0, "a server that answers gets no second lease");
}

static void test_silence(void)
{
	struct error err = ERROR_INIT;

	races(stay_silent, false, 9500, 9510,
	      "a silent server is given up at the deadline", .may_refresh = true,
	      .refresh_takes = 400);
	ok(refreshes == 1 && refreshed_ms - began_ms >= 1000 &&
	           refreshed_ms - began_ms <= 1010,
	   "after a second of silence the API is asked, once");
	ok(err.code == ERROR_UNAVAILABLE, "silence is ERROR_UNAVAILABLE");
	races(stay_silent, true, 1400, 1460, "the new lease opens the server",
	      .may_refresh = true, .refresh_takes = 300, .open_at = 1400);
	races(stay_silent, false, 1000, 1010,
	      "with another server in the role a second of silence is enough",
	      .has_sibling = true);
	races(stay_silent, false, 3500, 3510,
	      "with another server in the role a lease has one and a half seconds to "
	      "open the first",
	      .has_sibling = true, .working = true, .ready_at = 2000);
	races(stay_silent, false, 9500, 9510,
	      "without a refresh a silent server is only waited for",
	      .may_refresh = false);
	ok(refreshes == 0, "a race without lease asks the API nothing");
}

static void test_refused(void)
{
	struct error err = ERROR_INIT;

	races(refuse, false, 0, 10, "a host on which nothing listens is given up at once",
	      .may_refresh = true);
	ok(refreshes == 0, "no lease is asked for a server that refuses");
	ok(strstr(err.text, "nothing listens there") != NULL,
	   "the error of a refused connection has the reason");
	races(refuse, false, 3500, 3510,
	      "a host that refuses is tried while its lease is made and applied",
	      .working = true, .ready_at = 2000);
	races(refuse, false, 1000, 1010,
	      "a host that refuses is tried after another process made its lease",
	      .fresh = true);
	races(refuse, true, 2400, 2460, "a firewall that rejects may open late",
	      .working = true, .ready_at = 2000, .open_at = 2400);
	races(refuse, false, 1000, 1010,
	      "a host that refuses is given up when its lease has failed",
	      .working = true, .fails_at = 500);
	is_str(err.text, "the token is not accepted",
	       "the error keeps the words of the server");
}

static void test_failure(void)
{
	struct error err = ERROR_INIT;

	races(stay_silent, false, 1000, 1010,
	      "a silent server whose lease failed is given up after a second",
	      .working = true, .fails_at = 300, .may_refresh = true);
	is_str(err.text, "the token is not accepted", "the reason is that of the lease");
	races(stay_silent, true, 600, 660,
	      "a failed lease is no end while the old one serves", .working = true,
	      .fails_at = 300, .open_at = 600);
	races(serve, false, 300, 310, "the failure of what ssh needs is the end at once",
	      .working = true, .fails_at = 300, .needs_work = true);
	is_str(err.text, "the token is not accepted",
	       "the reason of the failed lease is handed on");
	races(stay_silent, false, 9500, 9510, "work that never ends is given up",
	      .working = true);
	ok(strstr(err.text, "took too long") != NULL,
	   "the error names the preparations, not the server");
	races(stay_silent, false, 9500, 9510,
	      "a firewall that is still being opened is given up", .working = true,
	      .opening = true);
	ok(strstr(err.text, "still being opened") != NULL,
	   "the error says what the server did");
}

static void test_order(void)
{
	struct error err = ERROR_INIT;

	races(serve, true, 2000, 2010,
	      "a connection is held until what ssh needs is ready", .working = true,
	      .ready_at = 2000, .needs_work = true);
	races(serve, true, 1500, 1510, "no connect is tried before it is allowed",
	      .working = true, .ready_at = 5000, .answers_at = 1500);
	races(stay_silent, false, 700, 710, "the client hangs up: the race ends",
	      .hangs_up_at = 700, .working = true);
	ok(strstr(err.text, "hung up") != NULL, "the error says that the client hung up");
}

static void test_moved(void)
{
	struct error err = ERROR_INIT;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int there;
	int fd;

	serve();
	there = bound("127.0.0.2");
	(void)listen(there, 4);
	fd = run((struct plan){ .working = true,
	                        .ready_at = 500,
	                        .needs_work = true,
	                        .moves_to = "127.0.0.2" },
	         &err);
	ok(fd != -1 && getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
	           peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK + 1),
	   "a server that has moved is connected to at its new address");
	fd_close(&fd);
	(void)close(there);
	close_server();
}

int main(void)
{
	int before;

	(void)unsetenv("CXDEBUG");
	(void)setenv("XDG_CACHE_HOME", "/proc/none", 1);
	close_server();
	caller[0] = caller[1] = -1;
	before = open_descriptors();
	test_open();
	test_silence();
	test_refused();
	test_failure();
	test_order();
	test_moved();
	ok(open_descriptors() == before, "a race leaves no descriptor open");
	return done_testing();
}
