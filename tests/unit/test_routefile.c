/* SPDX-License-Identifier: MIT */
/* Route files below a cache folder of our own. */

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "route/routefile.h"
#include "runtime/lock.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-routes.XXXXXX";

static char *at(const char *name)
{
	return xasprintf("%s/cxssh/%s", folder, name);
}

static void put(const char *name, const char *text, size_t len)
{
	char *path = at(name);
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		abort();
	free(path);
}

static bool exists(const char *name)
{
	char *path = at(name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static const char *or_none(const char *text)
{
	return text != NULL ? text : "(none)";
}

static void test_server(void)
{
	struct route out = {
		.target = (char[]){ "1f2e3d" },
		.alias = (char[]){ "myapp-lion" },
		.stack_uid = (char[]){ "0a1b2c" },
		.address = (char[]){ "203.0.113.5" },
		.user = (char[]){ "deploy" },
		.gateway = (char[]){ "hop@198.51.100.7" },
		.identity = (char[]){ "/home/u/.ssh/cx_0a1b2c" },
		.lease_made = 1000,
		.lease_until = 2195,
		.lease_network = (char[]){ "192.0.2.9" },
	};
	struct error err = ERROR_INIT;
	struct route in;
	struct stat st;
	char *path;
	struct stat again;

	ok(routefile_write(&out, &err) == 0, "a server's route is written");
	path = at("routes/1f2e3d");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
	   "a route file is for its owner alone");
	ok(routefile_write(&out, &err) == 0 && stat(path, &again) == 0 &&
	           again.st_ino == st.st_ino && fd_mtime_ns(&again) == fd_mtime_ns(&st),
	   "the same route is not written twice");
	free(path);
	ok(routefile_read("1f2e3d", &in, &err) == 1, "a server's route is read");
	is_str(or_none(in.target), "1f2e3d", "the target of a route is read");
	is_str(or_none(in.alias), "myapp-lion", "the alias of a route is read");
	is_str(or_none(in.stack_uid), "0a1b2c", "the stack of a route is read");
	is_str(or_none(in.address), "203.0.113.5", "the address of a route is read");
	is_str(or_none(in.user), "deploy", "the user of a route is read");
	is_str(or_none(in.gateway), "hop@198.51.100.7", "the gateway of a route is read");
	is_str(or_none(in.identity), "/home/u/.ssh/cx_0a1b2c",
	       "the key of a route is read");
	is_str(or_none(in.lease_network), "192.0.2.9",
	       "the network of a route's lease is read");
	ok(in.lease_made == 1000 && in.lease_until == 2195,
	   "the times of a route's lease are read");
	ok(!routefile_has_servers(&in), "a server's route is no role");
	routefile_release(&in);
	ok(in.target == NULL && in.servers.count == 0, "a released route is empty");
}

static void test_role(void)
{
	struct route out = {
		.target = (char[]){ "0a1b2c.web" },
		.alias = (char[]){ "myapp-web" },
		.stack_uid = (char[]){ "0a1b2c" },
		.user = (char[]){ "deploy" },
	};
	struct error err = ERROR_INIT;
	struct route in;

	strvec_split(&out.servers, "s2 s3 s1");
	ok(routefile_write(&out, &err) == 0 &&
	           routefile_read("0a1b2c.web", &in, &err) == 1,
	   "a role's route is written and read");
	ok(routefile_has_servers(&in) && in.servers.count == 3 &&
	           strcmp(in.servers.items[0], "s2") == 0 &&
	           strcmp(in.servers.items[2], "s1") == 0,
	   "the servers of a role keep their order");
	ok(in.address == NULL && in.gateway == NULL && in.identity == NULL &&
	           in.lease_network == NULL && in.lease_until == 0,
	   "members of a role without a value stay without");
	routefile_release(&in);
	strvec_release(&out.servers);
}

/* A role of more servers than one line, or even one file, can hold. */
static void test_large_role(void)
{
	struct route out = {
		.target = (char[]){ "0a1b2c.web" },
		.alias = (char[]){ "myapp-web" },
		.stack_uid = (char[]){ "0a1b2c" },
		.user = (char[]){ "deploy" },
	};
	struct error err = ERROR_INIT;
	struct route in;

	for (int i = 0; i < 1200; i++)
		strvec_pushf(&out.servers, "%064d", i);
	ok(routefile_write(&out, &err) == 0 &&
	           routefile_read("0a1b2c.web", &in, &err) == 1,
	   "the route of a role of 1200 servers can be read back");
	ok(in.servers.count == 512,
	   "a large role keeps the 512 servers that a reader takes");
	for (size_t i = 0; i < in.servers.count; i++) {
		if (strcmp(in.servers.items[i], out.servers.items[i]) != 0)
			ok(false, "server %zu of a large role is in its place", i);
	}
	routefile_release(&in);
	strvec_release(&out.servers);
}

#define WHOLE "alias=myapp-lion\nstack=0a1b2c\nuser=deploy\naddress=203.0.113.5\n"
#define END "end=1\n" /* the last line, without which nothing counts */
#define VERSION "version=2\n"
#define TEXT(text) VERSION text END, sizeof(VERSION text END) - 1
#define CUT(text) VERSION text, sizeof(VERSION text) - 1
#define PLAIN(text) text END, sizeof(text END) - 1

static const struct {
	const char *what;
	const char *text;
	size_t len;
	int rc;
} contents[] = {
	{ "the least that is one", TEXT(WHOLE), 1 },
	{ "blanks, remarks, Windows",
	  TEXT("# x\r\n alias = a\r\nstack\t=s\r\n\r\nuser=u\r\naddress=::1\r\n"), 1 },
	{ "a key of tomorrow", TEXT(WHOLE "speed=42\n"), 1 },
	{ "no last newline", CUT("alias=a\nstack=s\nuser=u\naddress=h\nend=1"), 1 },
	{ "the version written otherwise", PLAIN("# x\r\n version = 2\r\n" WHOLE), 1 },
	{ "an older file, without a version", PLAIN(WHOLE), 0 },
	{ "an older version", PLAIN("version=1\n" WHOLE), 0 },
	{ "a newer version", PLAIN("version=3\n" WHOLE), 0 },
	{ "a version that begins alike", PLAIN("version=20\n" WHOLE), 0 },
	{ "a version behind other lines", PLAIN(WHOLE "version=2\n"), 0 },
	{ "a lease of before, with a router",
	  PLAIN(WHOLE "lease-network=192.0.2.9,192.0.2.1\n"), 0 },
	{ "nothing", CUT(""), 0 },
	{ "one cut off between two lines", CUT(WHOLE), 0 },
	{ "one cut off in its last server", CUT("alias=a\nstack=s\nuser=u\nservers=s1 s"),
	  0 },
	{ "no alias", TEXT("stack=s\nuser=u\naddress=h\n"), 0 },
	{ "no stack", TEXT("alias=a\nuser=u\naddress=h\n"), 0 },
	{ "no user", TEXT("alias=a\nstack=s\naddress=h\n"), 0 },
	{ "no address", TEXT("alias=a\nstack=s\nuser=u\n"), 0 },
	{ "a role without servers", TEXT("alias=a\nstack=s\nuser=u\nservers=\n"), 0 },
	{ "half a line", TEXT(WHOLE "gatew\n"), 0 },
	{ "a NUL", TEXT(WHOLE "gateway=a@b\0c\n"), 0 },
	{ "bytes",
	  TEXT("\x7f"
	       "ELF\x02\x01\x01\0\0\0\n"),
	  0 },
	{ "an alias that is an option",
	  TEXT("alias=-oProxyCommand=x\nstack=s\nuser=u\naddress=h\n"), 0 },
	{ "an alias with a token", TEXT("alias=%h\nstack=s\nuser=u\naddress=h\n"), 0 },
	{ "a stack that climbs", TEXT("alias=a\nstack=../s\nuser=u\naddress=h\n"), 0 },
	{ "a user with a shell", TEXT("alias=a\nstack=s\nuser=$(x)\naddress=h\n"), 0 },
	{ "an address that is an option", TEXT("alias=a\nstack=s\nuser=u\naddress=-oX\n"),
	  0 },
	{ "an address of two words", TEXT("alias=a\nstack=s\nuser=u\naddress=h x\n"), 0 },
	{ "a gateway without a user", TEXT(WHOLE "gateway=198.51.100.7\n"), 0 },
	{ "a gateway without an address", TEXT(WHOLE "gateway=hop@\n"), 0 },
	{ "a gateway that is an option", TEXT(WHOLE "gateway=hop@-oX\n"), 0 },
	{ "a gateway's user that is one", TEXT(WHOLE "gateway=-l@h\n"), 0 },
	{ "a gateway of two hops", TEXT(WHOLE "gateway=a@b@c\n"), 0 },
	{ "a very long gateway's user",
	  TEXT(WHOLE "gateway="
	             "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu"
	             "u@h\n"),
	  0 },
	{ "a key by a relative path", TEXT(WHOLE "identity=cx_key\n"), 0 },
	{ "servers that climb", TEXT("alias=a\nstack=s\nuser=u\nservers=s1 ../s2\n"), 0 },
	{ "servers that are options", TEXT("alias=a\nstack=s\nuser=u\nservers=-x\n"), 0 },
	{ "a lease of words", TEXT(WHOLE "lease-until=soon\n"), 0 },
	{ "a lease before time began", TEXT(WHOLE "lease-made=-1\n"), 0 },
	{ "a lease beyond all numbers", TEXT(WHOLE "lease-until=99999999999999999999\n"),
	  0 },
	{ "a network that is none", TEXT(WHOLE "lease-network=home\n"), 0 },
};

static void test_contents(void)
{
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		struct error err = ERROR_INIT;
		struct route in;

		put("routes/case", contents[i].text, contents[i].len);
		ok(routefile_read("case", &in, &err) == contents[i].rc &&
		           err.code == ERROR_NONE,
		   "%s: %s", contents[i].what,
		   contents[i].rc == 1 ? "a route" : "as good as no route");
		if (contents[i].rc == 0)
			ok(in.target == NULL && in.alias == NULL && in.servers.count == 0,
			   "nothing of a file that cannot be used is used");
		routefile_release(&in);
	}
}

static void test_bad_files(void)
{
	static const char *const names[] = { "",          ".",           "..",
		                             "../config", "/etc/passwd", "-x",
		                             "a/b",       "a..b",        "a b",
		                             "a\nb",      "%h",          ".hidden" };
	struct strbuf long_file = STRBUF_INIT;
	struct error err = ERROR_INIT;
	struct route in;
	char *path = at("routes/odd");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ok(routefile_read(names[i], &in, &err) == -1 && err.code == ERROR_USAGE,
		   "\"%s\" is no name of a route", i == 9 ? "a(newline)b" : names[i]);
		routefile_release(&in);
	}
	is_str(err.text, "not the name of a target",
	       "the message says that the name is no target");
	err = (struct error)ERROR_INIT;
	ok(routefile_read("absent", &in, &err) == 0 && err.code == ERROR_NONE,
	   "a missing file is no route");
	(void)mkdir(path, 0700);
	ok(routefile_read("odd", &in, &err) == 0, "a folder is no route");
	(void)rmdir(path);
	(void)mkfifo(path, 0600);
	ok(routefile_read("odd", &in, &err) == 0,
	   "a FIFO is no route, and is not waited for");
	(void)unlink(path);
	put("routes/odd", TEXT(WHOLE));
	(void)chmod(path, 0666);
	ok(routefile_read("odd", &in, &err) == 0,
	   "a file that others can write is no route");
	strbuf_adds(&long_file, VERSION WHOLE END);
	while (long_file.len <= 64 * 1024)
		strbuf_adds(&long_file, "# as long as it gets\n");
	(void)chmod(path, 0600);
	put("routes/odd", long_file.data, long_file.len);
	ok(routefile_read("odd", &in, &err) == 0,
	   "a file longer than 64 KiB is no route");
	(void)unlink(path);
	strbuf_release(&long_file);
	free(path);
}

static const struct {
	const char *what;
	int64_t made, until, now;
	const char *network, *source;
	enum lease_state state;
} leases[] = {
	{ "no lease at all", 0, 0, 5000, NULL, "192.0.2.9", LEASE_NONE },
	{ "a new one", 1000, 2200, 1000, "192.0.2.9", "192.0.2.9", LEASE_VALID },
	{ "one in its third quarter", 1000, 2200, 1899, "192.0.2.9", "192.0.2.9",
	  LEASE_VALID },
	{ "one in its last quarter", 1000, 2200, 1900, "192.0.2.9", "192.0.2.9",
	  LEASE_ENDING },
	{ "its last second", 1000, 2200, 2199, "192.0.2.9", "192.0.2.9", LEASE_ENDING },
	{ "its end", 1000, 2200, 2200, "192.0.2.9", "192.0.2.9", LEASE_NONE },
	{ "long after", 1000, 2200, 999999, "192.0.2.9", "192.0.2.9", LEASE_NONE },
	{ "a clock that was set back", 1000, 2200, 999, "192.0.2.9", "192.0.2.9",
	  LEASE_NONE },
	{ "a clock at zero", 1000, 2200, 0, "192.0.2.9", "192.0.2.9", LEASE_NONE },
	{ "another network", 1000, 2200, 1000, "192.0.2.9", "192.0.2.10", LEASE_NONE },
	{ "a network whose text only begins so", 1000, 2200, 1000, "192.0.2.9",
	  "192.0.2.99", LEASE_NONE },
	{ "no network now", 1000, 2200, 1000, "192.0.2.9", NULL, LEASE_NONE },
	{ "no network then", 1000, 2200, 1000, NULL, "192.0.2.9", LEASE_NONE },
	{ "an end before its beginning", 2200, 1000, 1500, "192.0.2.9", "192.0.2.9",
	  LEASE_NONE },
	{ "an end at the end of numbers", 0, INT64_MAX, 1000, "::1", "::1", LEASE_VALID },
};

static void test_leases(void)
{
	for (size_t i = 0; i < sizeof(leases) / sizeof(leases[0]); i++) {
		char *network =
			leases[i].network != NULL ? xstrdup(leases[i].network) : NULL;
		struct route r = { .lease_made = leases[i].made,
			           .lease_until = leases[i].until,
			           .lease_network = network };

		ok(routefile_lease(&r, leases[i].now, leases[i].source) ==
		           leases[i].state,
		   "lease: %s", leases[i].what);
		free(network);
	}
}

static void set_age(const char *name, time_t seconds)
{
	struct utimbuf then = { time(NULL) - seconds, time(NULL) - seconds };
	char *path = at(name);

	(void)utime(path, &then);
	free(path);
}

static void test_list_and_remove(void)
{
	static const char *const files[] = { "routes/s1", "routes/old", "routes/old.web",
		                             "routes/.s1.cxssh-Ab3dEf" };
	struct strvec there = STRVEC_INIT;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put(files[i], "", 0);
	ok(routefile_list(&there, &err) == 0 && strvec_has(&there, "s1") &&
	           strvec_has(&there, "old.web"),
	   "all routes are listed");
	ok(!strvec_has(&there, ".s1.cxssh-Ab3dEf"),
	   "a file that is being written is not listed");
	ok(routefile_remove("old", &err) == 0 && !exists("routes/old"),
	   "a route is removed");
	ok(exists("routes/s1") && exists("routes/old.web"), "no other route is removed");
	ok(routefile_remove("old", &err) == 0,
	   "a route that is gone can be removed again");
	strvec_release(&there);
}

/* Remove all routes but this one. */
static void remove_others(const char *name)
{
	struct strvec there = STRVEC_INIT;
	struct error err = ERROR_INIT;

	(void)routefile_list(&there, &err);
	for (size_t i = 0; i < there.count; i++) {
		if (strcmp(there.items[i], name) != 0)
			(void)routefile_remove(there.items[i], &err);
	}
	strvec_release(&there);
}

/* A process writes its route while another removes all other routes. */
static void test_remove_and_write(void)
{
	struct route out = {
		.target = (char[]){ "s8" },
		.alias = (char[]){ "myapp-lion" },
		.stack_uid = (char[]){ "0a1b2c" },
		.address = (char[]){ "203.0.113.5" },
		.user = (char[]){ "deploy" },
	};
	char name[] = "s8";
	int failed = 0;
	int status = -1;
	struct error err = ERROR_INIT;
	pid_t writer = fork();

	if (writer == 0) {
		for (int64_t i = 1; i < 400; i++) {
			out.lease_until = i;
			failed |= routefile_write(&out, &err) == -1;
		}
		_exit(failed);
	}
	while (waitpid(writer, &status, WNOHANG) == 0)
		remove_others(name);
	ok(status == 0,
	   "a writer is not disturbed by a process that removes other routes");
}

static const struct {
	enum route_mark mark;
	const char *file;
	int seconds;
} marks[] = {
	{ MARK_DOWN, "down/s1", 60 },
	{ MARK_BUSY, "busy/s1", 30 },
};

static void test_marks(void)
{
	for (size_t i = 0; i < 2; i++) {
		enum route_mark mark = marks[i].mark;
		enum route_mark other = marks[1 - i].mark;

		ok(!routefile_is_marked("s1", 22, mark), "%s: a new server has no mark",
		   marks[i].file);
		routefile_mark("s1", 22, mark);
		ok(routefile_is_marked("s1", 22, mark), "a mark that was set is there");
		ok(!routefile_is_marked("s2", 22, mark), "a mark is of one server alone");
		ok(!routefile_is_marked("s1", 2222, mark), "a mark is of one port alone");
		ok(!routefile_is_marked("s1", 22, other), "a mark is of one kind alone");
		set_age(marks[i].file, marks[i].seconds - 5);
		ok(routefile_is_marked("s1", 22, mark),
		   "a mark lasts for nearly %d seconds", marks[i].seconds);
		set_age(marks[i].file, marks[i].seconds);
		ok(!routefile_is_marked("s1", 22, mark), "a mark ends after its time");
		routefile_mark("s1", 22, mark);
		ok(routefile_is_marked("s1", 22, mark),
		   "a mark that is set again lasts from then");
		set_age(marks[i].file, -3600);
		ok(!routefile_is_marked("s1", 22, mark),
		   "a mark from the future does not count");
		routefile_unmark("s1", 22, mark);
		ok(!exists(marks[i].file), "a mark can be removed");
		routefile_unmark("s1", 22, mark);
		ok(!routefile_is_marked("s1", 22, mark), "a mark can be removed twice");
	}
}

/* A file may be stamped with a second that time(2) reaches a tick later. */
static void test_second(void)
{
	struct timespec now;
	int missed = 0;

	do
		(void)clock_gettime(CLOCK_REALTIME, &now);
	while (now.tv_nsec < 999000000);
	time_t second = now.tv_sec + 1;
	do {
		routefile_mark("s3", 22, MARK_DOWN);
		missed += !routefile_is_marked("s3", 22, MARK_DOWN);
		(void)clock_gettime(CLOCK_REALTIME, &now);
	} while (now.tv_sec < second || (now.tv_sec == second && now.tv_nsec < 20000000));
	routefile_unmark("s3", 22, MARK_DOWN);
	ok(missed == 0,
	   "a mark counts from its first moment, also where a second begins");
}

static void test_lock(void)
{
	struct error err = ERROR_INIT;
	int one = routefile_lock("s1", deadline_in(1000), &err);
	int two = routefile_lock("s2", deadline_in(1000), &err);
	int again = routefile_lock("s1", deadline_in(30), &err);

	ok(one != -1 && two != -1, "each target has its own lock");
	ok(again == -1 && err.code == ERROR_RETRY, "a lock of a target has one holder");
	lock_release(one);
	lock_release(two);
}

static void test_unwritable(void)
{
	struct route out = { .target = (char[]){ "s1" } };
	struct strvec there = STRVEC_INIT;
	struct error err = ERROR_INIT;

	(void)setenv("XDG_CACHE_HOME", "/dev/null", 1);
	ok(routefile_write(&out, &err) == -1 && err.code == ERROR_CONFIG,
	   "a cache folder that cannot be made is an error: %s", err.text);
	routefile_mark("s1", 22, MARK_DOWN);
	ok(!routefile_is_marked("s1", 22, MARK_DOWN),
	   "without a cache folder no mark is set");
	ok(routefile_list(&there, &err) == -1 && there.count == 0,
	   "without a cache folder no route is listed");
	strvec_release(&there);
}

int main(void)
{
	char *clean;
	int status;

	if (mkdtemp(folder) == NULL || setenv("XDG_CACHE_HOME", folder, 1) == -1)
		return 1;
	test_server();
	test_role();
	test_large_role();
	test_contents();
	test_bad_files();
	test_leases();
	test_list_and_remove();
	test_remove_and_write();
	test_marks();
	test_second();
	test_lock();
	test_unwritable();
	clean = xasprintf("rm -rf %s", folder);
	status = system(clean);
	free(clean);
	return done_testing() || status != 0;
}
