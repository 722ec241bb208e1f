/* SPDX-License-Identifier: MIT */
/* One server, from its route to a connection: when cxssh open is started, what is waited
 * for, and what a server that turns clients away costs.  Clock and child are fakes. */

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/mem.h"
#include "connect/crowd.h"
#include "connect/helper.h"
#include "connect/server.h"
#include "descriptors.h"
#include "fakes.h"
#include "net/fdpass.h"
#include "net/unixsock.h"
#include "route/routefile.h"
#include "runtime/paths.h"
#include "servers.h"
#include "tap.h"

#define UID "1f2e3d4c5b6a"

/* What happens when, in milliseconds from the start; 0: never. */
struct plan {
	int open_at;
	int opening_at, opening_ms;
	int answers_at, ready_at, fails_at; /* the child writes so */
	int says_at;                        /* it writes its reason, and does not end */
	int passes_at;                      /* it fails for a while */
	int hangs_up_at;
	int others_at;        /* four more connect to the server */
	const char *moves_to; /* written into the route at ready_at */
	bool mute, hangs_up;  /* in place of a banner */
	const char *instead;  /* what the server says in its place */
	int busy_for;         /* so many connections are turned away first */
	bool silent, keyless, leaseless, has_sibling, pumped, from, overloaded;
	bool gateway; /* behind a bastion, whose broker turns busy_for requests away */
	int cut_off;  /* and so many more: it does not reach the server */
	int reply_ms; /* after so long */
	const char *broker_is;
};

static struct plan plan;
static int64_t began_ms;
static int accepted[16];
static size_t connections;
static int caller[2];

static int elapsed(void)
{
	return (int)(fake_ms - began_ms);
}

/* True once when the time has come. */
static bool is_time(int *ms)
{
	bool is = *ms > 0 && elapsed() >= *ms;

	if (is)
		*ms = 0;
	return is;
}

static struct route make_route(const char *address, bool lease)
{
	int64_t now = (int64_t)time(NULL);

	return (struct route){
		.target = xstrdup(UID),
		.alias = xstrdup("lion"),
		.stack_uid = xstrdup("ab12"),
		.address = xstrdup(address),
		.user = xstrdup("deploy"),
		.lease_made = lease ? now - 100 : 0,
		.lease_until = lease ? now + 1000 : 0,
		.lease_network = lease ? xstrdup(fake_source) : NULL,
	};
}

static void write_route(const char *address)
{
	struct route route = make_route(address, true);
	struct error err = ERROR_INIT;

	if (routefile_write(&route, &err) == -1)
		abort();
	routefile_release(&route);
}

static void answer_clients(void)
{
	const char *busy =
		plan.instead != NULL ? plan.instead : "Exceeded MaxStartups\r\n";
	static const char banner[] = "SSH-2.0-x\r\n";
	int fd;

	while (!plan.silent && (fd = accept(listener, NULL, NULL)) != -1) {
		bool turned_away = plan.busy_for > 0;

		plan.busy_for--;
		connections++;
		if (!plan.mute && !plan.hangs_up)
			(void)!write(fd, turned_away ? busy : banner,
			             strlen(turned_away ? busy : banner));
		if (turned_away || plan.hangs_up)
			(void)close(fd);
		else if (connections < 16)
			accepted[connections] = fd;
		else
			abort();
	}
}

/* ---- the broker ---- */

#define GATEWAY "jump@192.0.2.1"

static int broker_listener = -1;
static int waiting_client = -1; /* waits for a channel */
static int asked_at;
static int spoken[2]; /* the channel */

static void open_broker(void)
{
	struct sockaddr_un address;
	struct error err = ERROR_INIT;
	char *path = unixsock_socket_path(GATEWAY);

	if (paths_make_for(path, &err) == -1 ||
	    unixsock_address(path, &address, &err) == -1)
		abort();
	(void)unlink(path);
	broker_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(broker_listener, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    listen(broker_listener, 8) == -1)
		abort();
	free(path);
}

static void reply_channel(void)
{
	static const char busy[] = "v1 error 75 gateway 192.0.2.1 is busy with other "
				   "connections, try again\n";
	static const char unreached[] = "v1 error 69 192.0.2.1 does not reach lion\n";
	static const char done[] = "v1 ok\n";

	if (plan.busy_for-- > 0)
		(void)!write(waiting_client, busy, sizeof(busy) - 1);
	else if (plan.cut_off-- > 0)
		(void)!write(waiting_client, unreached, sizeof(unreached) - 1);
	else
		(void)fdpass_write(waiting_client, done, sizeof(done) - 1, spoken[0], 0);
	fd_close(&waiting_client);
}

static void answer_waiting(void)
{
	char line[128];
	char status[128];
	int fd;

	while (broker_listener != -1 &&
	       (fd = accept(broker_listener, NULL, NULL)) != -1) {
		ssize_t n = read(fd, line, sizeof(line));

		if (n > 0 && strncmp(line, "status", 6) == 0) {
			(void)snprintf(status, sizeof(status), "ok 1 9 100 60 %s v1\n",
			               plan.broker_is);
			(void)!write(fd, status, strlen(status));
			(void)close(fd);
			continue;
		}
		fd_close(&waiting_client);
		waiting_client = fd;
		asked_at = elapsed();
		connections++;
	}
	if (waiting_client != -1 && elapsed() - asked_at >= plan.reply_ms)
		reply_channel();
}

static void script(void)
{
	if (is_time(&plan.open_at)) {
		plan.silent = false;
		drain();
	}
	answer_clients();
	answer_waiting();
	if (is_time(&plan.opening_at))
		child_writes(HELPER_OPENING "\n");
	if (is_time(&plan.answers_at))
		child_writes(HELPER_ANSWERS "\n");
	if (is_time(&plan.ready_at)) {
		if (plan.from)
			child_writes(HELPER_FROM "198.51.100.7\n");
		if (plan.moves_to != NULL)
			write_route(plan.moves_to);
		child_writes(HELPER_READY "\n");
	}
	if (is_time(&plan.fails_at)) {
		child_writes("cxssh: the token is not accepted\n");
		child_ends(EXITED(77));
	}
	if (is_time(&plan.says_at))
		child_writes("cxssh: lion (127.0.0.1) is silent\n");
	if (is_time(&plan.passes_at)) {
		child_writes(HELPER_PASSING "\ncxssh: the API is down\n");
		child_ends(EXITED(69));
	}
	if (is_time(&plan.hangs_up_at))
		fd_close(&caller[1]);
	if (is_time(&plan.others_at)) {
		for (int i = 0; i < 4; i++) {
			int mark = crowd_join(UID, 22);

			fd_close(&mark);
		}
	}
}

static void write_known_hosts(bool known)
{
	char *path = xasprintf("%s/.ssh/cxssh/known_hosts", fake_home);
	FILE *f = fopen(path, "w");

	if (f == NULL)
		abort();
	if (known)
		fprintf(f, "cxssh-" UID " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEl3cJ1G"
		           "yfhZOqYyTcvR0ZzGMVPQ6zUGZZzZZZZZZZZZ\n");
	(void)fclose(f);
	free(path);
}

static void forget_marks(void)
{
	char *crowd = paths_cache("recent/" UID ":22");

	routefile_unmark(UID, 22, MARK_BUSY);
	routefile_unmark(UID, 22, MARK_DOWN);
	routefile_unmark(UID, 22, MARK_LOOKED);
	(void)unlink(crowd);
	free(crowd);
}

/* The line on the terminal is for no test's log.  Returns what stderr was. */
static int quiet_stderr(void)
{
	int was = dup(STDERR_FILENO);
	int null = open("/dev/null", O_WRONLY);

	(void)dup2(null, STDERR_FILENO);
	(void)close(null);
	return was;
}

static int run(struct plan as, struct error *err)
{
	struct connect_options options = { .port = 22, .caller = -1 };
	struct route route = make_route("127.0.0.1", !as.leaseless);
	struct helper helper = HELPER_INIT;
	struct connect_request request = { .options = &options,
		                           .asked = &route,
		                           .has_sibling = as.has_sibling,
		                           .helper = &helper };
	int err_fd;
	int fd;

	plan = as;
	if (as.gateway)
		route.gateway = xstrdup(GATEWAY);
	began_ms = fake_ms;
	connections = 0;
	err->text[0] = '\0';
	child_reset();
	write_known_hosts(!as.keyless);
	write_route("127.0.0.1");
	options.until = deadline_in(9500);
	options.opening_ms = as.opening_ms;
	options.overloaded = as.overloaded;
	fake_port = port;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, caller) == -1)
		abort();
	options.caller = options.out = caller[0];
	if (as.pumped)
		options.out = STDERR_FILENO;
	fake_script = script;
	err_fd = quiet_stderr();
	fd = connect_server(&route, &request, err);
	(void)dup2(err_fd, STDERR_FILENO);
	(void)close(err_fd);
	fake_script = NULL;
	fd_close(&caller[0]);
	fd_close(&caller[1]);
	for (size_t i = 0; i < 16; i++)
		fd_close(&accepted[i]);
	routefile_release(&route);
	child_ends(-1);
	return fd;
}

#define connects(server, connected, from_ms, to_ms, what, ...) \
	do { \
		int fd_; \
		server(); \
		forget_marks(); \
		fd_ = run((struct plan){ __VA_ARGS__ }, &err); \
		ok((fd_ != -1) == (connected) && elapsed() >= (from_ms) && \
		           elapsed() <= (to_ms), \
		   "%s (after %d ms)", what, elapsed()); \
		fd_close(&fd_); \
		close_server(); \
	} while (0)

static void test_warm(void)
{
	struct error err = ERROR_INIT;

	connects(serve, true, 0, 20, "a warm server is connected to at once");
	ok(fake_child.starts == 0, "a warm connection starts no helper");
	connects(serve, true, 0, 20, "without a lease the connect does not wait for it",
	         .leaseless = true, .ready_at = 5000);
	ok(fake_child.starts == 1 && fake_child.kills == 0,
	   "the helper makes the lease, and goes on after the hand-over");
	connects(stay_silent, true, 3000, 3080,
	         "a firewall that opens late is waited for", .leaseless = true,
	         .silent = true, .open_at = 3000, .ready_at = 2900);
}

static void test_crowd(void)
{
	struct error err = ERROR_INIT;

	connects(stay_silent, true, 500, 580,
	         "a connection that is alone is handed over without a banner",
	         .silent = true, .open_at = 500, .mute = true);
	connects(stay_silent, true, 5500, 5580,
	         "where others connect before it is there, the banner is waited for",
	         .silent = true, .open_at = 500, .mute = true, .others_at = 200);
}

static void test_slow_lease(void)
{
	struct error err = ERROR_INIT;

	connects(stay_silent, false, 9500, 9520, "a lease that takes long is given up",
	         .leaseless = true, .silent = true, .opening_at = 300);
	is_str(err.text, "lion: the firewall is still being opened; try again",
	       "the error says that the firewall is being opened");
	connects(stay_silent, true, 40000, 40080,
	         "a user at a terminal waits for a slow lease", .leaseless = true,
	         .silent = true, .opening_at = 300, .ready_at = 39900, .open_at = 40000,
	         .opening_ms = 120000);
	ok(strstr(fake_child.args, " --opening=120000 ") != NULL,
	   "the helper is told that the lease may take longer");
	connects(stay_silent, false, 120000, 120020,
	         "a user at a terminal waits for two minutes at most", .leaseless = true,
	         .silent = true, .opening_at = 300, .opening_ms = 120000);
	connects(stay_silent, false, 9500, 9520,
	         "a user at a terminal does not wait for an API that does not answer",
	         .leaseless = true, .silent = true, .opening_ms = 120000);
	ok(strstr(err.text, "took too long") != NULL,
	   "the error of preparations without an end names them");
	connects(stay_silent, false, 9500, 9520,
	         "a helper that is slow to end does not keep its client",
	         .leaseless = true, .silent = true, .opening_at = 300, .says_at = 9300);
	is_str(err.text, "lion (127.0.0.1) is silent",
	       "the reason of a helper counts although it has not ended");
	connects(stay_silent, false, 9500, 9520,
	         "a second attempt that does not end is given up", .leaseless = true,
	         .silent = true, .passes_at = 300);
	is_str(err.text, "the API is down",
	       "the reason is that of the first attempt when the second does not end");
}

static void test_host_key(void)
{
	struct error err = ERROR_INIT;

	connects(serve, true, 800, 830,
	         "without its host key no connection is handed over before the helper is "
	         "ready",
	         .keyless = true, .answers_at = 500, .ready_at = 800);
	ok(connections == 1, "one connection is made besides the helper's");
	connects(serve, true, 800, 830,
	         "a connection is made when the helper is ready at the latest",
	         .keyless = true, .ready_at = 800);
	connects(serve, false, 400, 420,
	         "without the host key the helper's failure is the end", .keyless = true,
	         .fails_at = 400);
	ok(err.code == ERROR_DENIED && connections == 0,
	   "a failed helper's code is kept, and the server is not connected to");
	is_str(err.text, "the token is not accepted", "a failed helper's reason is kept");
	connects(serve, false, 9500, 9520, "a helper that never ends is given up",
	         .keyless = true);
}

static void test_silent(void)
{
	struct error err = ERROR_INIT;

	connects(stay_silent, true, 1500, 1580, "a lost lease is made again",
	         .silent = true, .open_at = 1500, .ready_at = 1490);
	ok(strstr(fake_child.args, " --refresh ") != NULL,
	   "a second of silence has the address and the lease looked up again");
	connects(stay_silent, false, 1200, 1250,
	         "when the API is down its reason follows the silence", .silent = true,
	         .fails_at = 1200);
	is_str(err.text, "the token is not accepted",
	       "the error of a failed refresh is the API's");
	connects(stay_silent, false, 1000, 1020,
	         "a role goes on to its next server after a second", .silent = true,
	         .has_sibling = true);
	ok(fake_child.starts == 0, "no lease is asked for where the port refuses");
}

static void test_other_address(void)
{
	struct error err = ERROR_INIT;

	connects(stay_silent, false, 9500, 9520,
	         "a lease for another address does not help", .silent = true,
	         .ready_at = 1500, .from = true);
	is_str(err.text,
	       "lion (127.0.0.1) does not answer on port 22; its firewall lets in "
	       "198.51.100.7 (from-ip), this computer has 192.0.2.9",
	       "the error names the server's address and that of the lease");
}

static void test_moved(void)
{
	struct error err = ERROR_INIT;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int silent;
	int fd;

	forget_marks();
	stay_silent();
	silent = listener;
	listener = bound("127.0.0.2");
	(void)listen(listener, 4);
	fd = run((struct plan){ .ready_at = 1300, .moves_to = "127.0.0.2" }, &err);
	ok(fd != -1 && getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
	           peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK + 1),
	   "a silent server that has moved is reached at its new address");
	fd_close(&fd);
	(void)close(silent);
	close_server();
}

static void test_turned_away(void)
{
	struct error err = ERROR_INIT;

	connects(serve, true, 0, 2000,
	         "a new lease: a server that is busy is tried again", .leaseless = true,
	         .busy_for = 3);
	ok(connections >= 4 && routefile_is_marked(UID, 22, MARK_BUSY),
	   "each connection is seen to its banner, and the server is marked busy");
	connects(serve, false, 60000, 62000, "a busy server is tried for a minute",
	         .leaseless = true, .busy_for = 1000);
	ok(err.code == ERROR_RETRY, "a server that stays crowded is an error to retry");
	connects(serve, true, 0, 3000,
	         "sshd 9.8 and newer turns clients away in other words",
	         .leaseless = true, .busy_for = 3,
	         .instead = "Not allowed at this time\r\n");
	connects(serve, false, 60000, 62000,
	         "a penalty is waited for by ssh for a minute", .leaseless = true,
	         .busy_for = 1000, .instead = "Not allowed at this time\r\n");
	is_str(err.text,
	       "lion (127.0.0.1) turns this address away (too many callers, or a "
	       "penalty); "
	       "try again in 15 s",
	       "the error names the penalty of the server");
	connects(serve, false, 9500, 11200,
	         "a client that gives up after 10 s is told before", .leaseless = true,
	         .busy_for = 1000, .pumped = true);
	ok(err.code == ERROR_RETRY,
	   "a server that turns the address away is an error to retry");
	connects(serve, false, 0, 100, "what speaks HTTP is no SSH server, at once",
	         .leaseless = true, .busy_for = 1,
	         .instead = "HTTP/1.1 400 Bad Request\r\n\r\n");
	ok(err.code == ERROR_UNAVAILABLE && strstr(err.text, "is no SSH server") != NULL,
	   "the error says that the port has no SSH server");
	connects(serve, false, 9500, 11200, "a server that hangs up is tried for 9.5 s",
	         .leaseless = true, .hangs_up = true);
	ok(err.code == ERROR_UNAVAILABLE, "a silent port is ERROR_UNAVAILABLE");
	connects(serve, false, 1500, 3200, "a role goes on after 1.5 s of that",
	         .leaseless = true, .hangs_up = true, .has_sibling = true);
	connects(serve, true, 5000, 5030, "a server that is slow to speak is handed over",
	         .leaseless = true, .mute = true);
	connects(serve, true, 9500, 9520,
	         "on an overloaded computer its banner is waited for until the deadline",
	         .overloaded = true, .mute = true);
	connects(serve, true, 5000, 5030,
	         "the first server of a role is handed over after 5 s there, too",
	         .overloaded = true, .mute = true, .has_sibling = true);
	connects(serve, false, 700, 720, "the client hangs up before the banner",
	         .leaseless = true, .mute = true, .hangs_up_at = 700);
	ok(strstr(err.text, "hung up") != NULL, "the error says that the client hung up");
}

static void test_busy_bastion(void)
{
	struct error err = ERROR_INIT;

	open_broker();
	/* What a server's banner is read from. */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, spoken) == -1 ||
	    write(spoken[1], "SSH-2.0-x\r\n", 11) != 11)
		abort();
	connects(serve, true, 3700, 3720,
	         "a channel is taken at once, also while the API is asked for the server",
	         .gateway = true, .reply_ms = 3700);
	connects(serve, true, 5000, 5100,
	         "where the bastion does not reach the server, the API's word is waited "
	         "for",
	         .gateway = true, .reply_ms = 3700, .cut_off = 1000, .ready_at = 5000,
	         .moves_to = "127.0.0.1");
	connects(serve, false, 5500, 5600,
	         "the bastion's word is the end when the API says nothing for 2 s",
	         .gateway = true, .reply_ms = 3700, .cut_off = 1000);
	is_str(err.text, "192.0.2.1 does not reach lion", "the error is the bastion's");
	connects(serve, false, 8000, 8100, "the bastion's word is the end",
	         .gateway = true, .reply_ms = 8000, .cut_off = 1, .broker_is = "libssh2");
	connects(serve, true, 16000, 17000,
	         "on an overloaded computer a bastion that serves others is asked again",
	         .gateway = true, .reply_ms = 8000, .cut_off = 1, .broker_is = "libssh2",
	         .overloaded = true);
	connects(serve, true, 24000, 28000,
	         "ssh waits for its turn at a bastion that serves others",
	         .gateway = true, .busy_for = 3, .reply_ms = 6100,
	         .broker_is = "libssh2");
	connects(serve, false, 60000, 70000, "it waits for a minute", .gateway = true,
	         .busy_for = 1000, .reply_ms = 8000, .broker_is = "libssh2");
	ok(err.code == ERROR_RETRY && strstr(err.text, "busy with other") != NULL,
	   "the error says that the bastion is busy");
	connects(serve, false, 60000, 61700, "a broker that replies at once is not beset",
	         .gateway = true, .busy_for = 1000, .broker_is = "libssh2");
	ok(connections < 100, "such a broker was asked %zu times in a minute",
	   connections);
	connects(serve, true, 21500, 22000,
	         "a broker that was asked too late to say so is asked again",
	         .gateway = true, .reply_ms = 12000, .broker_is = "libssh2");
	connects(serve, false, 8000, 8100,
	         "a client that gives up after 10 s is told before", .gateway = true,
	         .busy_for = 1000, .reply_ms = 8000, .broker_is = "libssh2",
	         .pumped = true);
	connects(serve, false, 8000, 8100, "a role goes on to its next server",
	         .gateway = true, .busy_for = 1000, .reply_ms = 8000,
	         .broker_is = "libssh2", .has_sibling = true);
	connects(serve, false, 9500, 9600, "a broker that is not logged in is not busy",
	         .gateway = true, .reply_ms = 20000, .broker_is = "connecting");
	ok(err.code == ERROR_UNAVAILABLE, "no answer in time is ERROR_UNAVAILABLE");
	fd_close(&spoken[0]);
	fd_close(&spoken[1]);
	fd_close(&waiting_client);
	fd_close(&broker_listener);
}

static void make_home(void)
{
	static char home[] = "/tmp/cxssh-test-server-XXXXXX";
	char *folder;

	fake_home = mkdtemp(home);
	if (fake_home == NULL)
		abort();
	folder = xasprintf("%s/.ssh", home);
	(void)mkdir(folder, 0700);
	free(folder);
	folder = xasprintf("%s/.ssh/cxssh", home);
	(void)mkdir(folder, 0700);
	free(folder);
	folder = xasprintf("%s/.cache", home);
	(void)setenv("XDG_CACHE_HOME", folder, 1);
	free(folder);
	(void)setenv("XDG_RUNTIME_DIR", home, 1);
}

static void remove_home(void)
{
	char *command = xasprintf("rm -r %s", fake_home);

	(void)!system(command);
	free(command);
}

int main(void)
{
	int before;

	(void)unsetenv("CXDEBUG");
	make_home();
	for (size_t i = 0; i < 16; i++)
		accepted[i] = -1;
	write_route("127.0.0.1"); /* opens the log */
	forget_marks();
	before = open_descriptors();
	test_warm();
	test_crowd();
	test_slow_lease();
	test_host_key();
	test_silent();
	test_other_address();
	test_moved();
	test_turned_away();
	test_busy_bastion();
	ok(open_descriptors() <= before + 1,
	   "connections leave no descriptor open, but the log");
	remove_home();
	return done_testing();
}
