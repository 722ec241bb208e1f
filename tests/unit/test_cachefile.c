/* SPDX-License-Identifier: MIT */
/* The first line of the files that cxssh keeps for itself, and what becomes of each such
 * file that another version wrote. */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "command/tunnelstate.h"
#include "fleet/changes.h"
#include "fleet/keptnames.h"
#include "fleet/model.h"
#include "fleet/owner.h"
#include "prepare/failurecache.h"
#include "route/autosync.h"
#include "route/names.h"
#include "route/recent.h"
#include "runtime/atomic.h"
#include "runtime/cachefile.h"
#include "runtime/config.h"
#include "sshconfig/userstate.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-cachefile-XXXXXX";

/* ---- the line ---- */

static const struct {
	const char *text;
	int version;
	const char *rest;
	const char *what;
} lines[] = {
	{ "version=1\nmyapp-lion\n", 1, "myapp-lion\n",
	  "the first line says the version" },
	{ "version = 12\na = b\n", 12, "a = b\n", "blanks around \"=\" do not count" },
	{ "# x\r\n version = 2\r\na\n", 2, "a\n", "remarks and CRLF do not count" },
	{ "version=3", 3, "", "a file may end behind its version" },
	{ "", 0, "", "an empty file says no version" },
	{ "myapp-lion\nversion=1\n", 0, "myapp-lion\nversion=1\n",
	  "a version in the second line is none" },
	{ "version-lion\n", 0, "version-lion\n",
	  "a name that begins like the key is none" },
	{ "version=\n", -1, "version=\n", "a version without a number is refused" },
	{ "version=x\n", -1, "version=x\n", "a version that is a word is refused" },
	{ "version=1x\n", -1, "version=1x\n", "a number with letters is refused" },
	{ "version=0\n", -1, "version=0\n", "0 is no version" },
	{ "version=-1\n", -1, "version=-1\n", "a negative number is no version" },
	{ "version=99999999999999999999\n", -1, "version=99999999999999999999\n",
	  "a number without end is refused" },
};

static void test_lines(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *text = xstrdup(lines[i].text);
		char *rest = text;

		ok(cachefile_version(&rest) == lines[i].version &&
		           strcmp(rest, lines[i].rest) == 0,
		   "%s", lines[i].what);
		free(text);
	}
}

/* ---- the files ---- */

static void put(const char *path, const char *text)
{
	struct error err = ERROR_INIT;

	if (atomic_write(path, text, strlen(text), 0600, &err) == -1)
		abort();
}

static bool begins(const char *path, const char *line)
{
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	bool does = atomic_read(path, 1 << 20, &text, &err) == 1 &&
	            strncmp(text.data, line, strlen(line)) == 0;

	strbuf_release(&text);
	return does;
}

/* Give the file the version 99, or with NULL no line of a version: as 1.0.0 had it. */
static void age(const char *path, const char *line)
{
	struct error err = ERROR_INIT;
	struct strbuf text = STRBUF_INIT;
	char *rest;
	char *aged;

	if (atomic_read(path, 1 << 20, &text, &err) != 1)
		abort();
	rest = text.data;
	(void)cachefile_version(&rest);
	aged = xasprintf("%s%s", line != NULL ? line : "", rest);
	put(path, aged);
	free(aged);
	strbuf_release(&text);
}

static char *at(const char *name)
{
	return xasprintf("%s/cxssh/%s", folder, name);
}

static void write_names(void)
{
	struct strvec names = STRVEC_INIT;
	struct error err = ERROR_INIT;

	strvec_push(&names, "myapp-lion");
	(void)names_write(&names, &err);
	strvec_release(&names);
}

static bool read_names(void)
{
	return names_has("myapp-lion") && !names_has("version=1");
}

static void write_failure(void)
{
	struct error why = ERROR_INIT;

	error_set(&why, ERROR_DENIED, "the token is not accepted");
	failcache_put("lion", &why, deadline_in(5000));
}

static bool read_failure(void)
{
	struct error err = ERROR_INIT;

	return failcache_get("lion", 0, deadline_in(5000), &err);
}

static void write_times(void)
{
	char *path = at("lease-times");
	struct strvec words = STRVEC_INIT;
	struct error err = ERROR_INIT;

	(void)recent_write(path, &words, "lion", &err);
	strvec_release(&words);
	free(path);
}

static bool read_times(void)
{
	char *path = at("lease-times");
	struct strvec words = STRVEC_INIT;
	bool has;

	recent_read(path, 60, NULL, &words);
	has = words.count == 1;
	strvec_release(&words);
	free(path);
	return has;
}

static void write_refused(void)
{
	struct changes changes = { .before = 20 };
	struct error err = ERROR_INIT;

	(void)changes_refuse(&changes, "cxssh sync", &err);
}

static bool read_refused(void)
{
	char *text = changes_refused();
	bool has = text != NULL && strncmp(text, "the API does not name", 21) == 0;

	free(text);
	return has;
}

static void write_login(void)
{
	struct error err = ERROR_INIT;

	(void)sync_login_store("work", NULL, &err);
}

static bool read_login(void)
{
	struct config config = { .profile = NULL };
	struct login login;
	bool has;

	sync_login_get(&config, &login);
	has = login.profile != NULL && strcmp(login.profile, "work") == 0;
	sync_login_release(&login);
	return has;
}

/* Those that are made again. */
static const struct {
	const char *name;
	void (*write)(void);
	bool (*read)(void);
} caches[] = {
	{ "names", write_names, read_names },
	{ "failed/lion", write_failure, read_failure },
	{ "lease-times", write_times, read_times },
	{ "refused", write_refused, read_refused },
	{ "profile", write_login, read_login },
};

static void test_caches(void)
{
	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
		const char *name = caches[i].name;
		char *path = at(name);

		caches[i].write();
		ok(caches[i].read() && begins(path, "version=1\n"),
		   "the file \"%s\" is written with its version, and read", name);
		age(path, "version=99\n");
		ok(!caches[i].read(), "\"%s\" of another version counts as none", name);
		caches[i].write();
		ok(caches[i].read() && begins(path, "version=1\n"),
		   "\"%s\" of another version is replaced", name);
		age(path, NULL);
		ok(!caches[i].read(), "\"%s\" without a version counts as none", name);
		caches[i].write();
		ok(caches[i].read(), "\"%s\" without a version is replaced", name);
		free(path);
	}
}

static struct fleet one_server(void)
{
	struct fleet fleet = FLEET_INIT;
	struct stack *stack = fleet.stacks = xcalloc(1, sizeof(*stack));

	fleet.stack_count = stack->server_count = 1;
	stack->uid = xstrdup("0a1b2c");
	stack->name = xstrdup("myapp");
	stack->environment = xstrdup("");
	stack->prefix = xstrdup("myapp");
	stack->servers = xcalloc(1, sizeof(*stack->servers));
	stack->servers[0] = (struct server){ .uid = xstrdup("1f2e3d"),
		                             .name = xstrdup("lion"),
		                             .alias = xstrdup("myapp-lion"),
		                             .stack_uid = xstrdup("0a1b2c"),
		                             .stack_name = xstrdup("myapp") };
	return fleet;
}

static bool keeps(const char *name, const char *uid)
{
	struct keptnames kept = KEPTNAMES_INIT;
	struct error err = ERROR_INIT;
	bool does = keptnames_load(&kept, &err) == 0 &&
	            keptnames_owner(&kept, name) != NULL &&
	            strcmp(keptnames_owner(&kept, name), uid) == 0;

	keptnames_release(&kept);
	return does;
}

static void test_aliases(void)
{
	struct keptnames kept = KEPTNAMES_INIT;
	struct error err = ERROR_INIT;
	struct fleet fleet = one_server();
	char *path = at("aliases");

	ok(keptnames_store(&fleet, false, &err) == 0 && begins(path, "version=1\n# ") &&
	           keeps("myapp-lion", "0a1b2c"),
	   "the file of names is written with its version, and read");
	put(path, "# Names\nshop-web 77aa\n");
	ok(keeps("shop-web", "77aa"), "names that 1.0.0 has given are read");
	ok(keptnames_store(&fleet, false, &err) == 0 && begins(path, "version=1\n# ") &&
	           keeps("shop-web", "77aa") && keeps("myapp-lion", "0a1b2c"),
	   "names that 1.0.0 has given are kept beside new ones");
	age(path, "version=99\n");
	ok(keptnames_load(&kept, &err) == -1 && err.code == ERROR_CONFIG &&
	           strstr(err.text, "newer version") != NULL,
	   "names that a newer version has given are not misread");
	ok(keptnames_store(&fleet, false, &err) == -1 && begins(path, "version=99\n"),
	   "names that a newer version has given are not overwritten");
	keptnames_release(&kept);
	fleet_release(&fleet);
	(void)unlink(path);
	free(path);
}

static void test_userstate(void)
{
	struct userstate state = { .added = true, .last_declined = true };
	struct error err = ERROR_INIT;
	char *path = at("state");

	ok(userstate_write(path, &state, &err) == 0 && begins(path, "version=1\n"),
	   "the state of ~/.ssh/config is written with its version");
	state = (struct userstate){ .added = false };
	ok(userstate_read(path, &state, &err) == 0 && state.added && state.last_declined,
	   "the state of ~/.ssh/config is read");
	age(path, NULL);
	state = (struct userstate){ .added = false };
	ok(userstate_read(path, &state, &err) == 0 && state.added && state.last_declined,
	   "a state that 1.0.0 wrote is read");
	age(path, "version=99\n");
	ok(userstate_read(path, &state, &err) == -1 && err.code == ERROR_CONFIG &&
	           !state.added,
	   "a state that a newer version wrote is an error");
	state = (struct userstate){ .added = false };
	ok(userstate_write(path, &state, &err) == 0 && access(path, F_OK) == -1,
	   "a state that says nothing has no file");
	free(path);
}

static size_t count_tunnels(void)
{
	struct tunnelstate *states;
	size_t count = tunnelstate_list(&states);

	for (size_t i = 0; i < count; i++)
		tunnelstate_release(&states[i]);
	free(states);
	return count;
}

static void test_tunnels(void)
{
	struct tunnelstate state = { .host = (char[]){ "myapp-lion" }, .since = 5 };
	struct error err = ERROR_INIT;
	char *name = xasprintf("tunnels/%d", (int)getpid());
	char *path = at(name);
	int lock = tunnelstate_begin(&err);

	ok(lock != -1 && tunnelstate_write(&state, &err) == 0 &&
	           begins(path, "version=1\n") && count_tunnels() == 1,
	   "the file of a tunnel is written with its version, and read");
	age(path, NULL);
	ok(count_tunnels() == 1, "a tunnel that 1.0.0 has opened is listed");
	age(path, "version=99\n");
	ok(count_tunnels() == 0, "a tunnel of another version is not misread");
	ok(tunnelstate_write(&state, &err) == 0 && count_tunnels() == 1,
	   "the file of a tunnel is replaced");
	tunnelstate_end(lock);
	free(path);
	free(name);
}

/* Would a connection start a sync in the background?  Its mark says so. */
static bool starts_sync(void)
{
	char *mark = at("autosync-started");
	bool does;

	(void)unlink(mark);
	autosync_on_connect(false);
	does = access(mark, F_OK) == 0;
	(void)unlink(mark);
	free(mark);
	return does;
}

static void test_autosync(void)
{
	struct error err = ERROR_INIT;
	char *path = at("autosync");
	char *inventory = at("inventory.json");
	char *config = at("config");

	/* An installed cxssh, which may be started here, does nothing then. */
	put(config, "no-such-key = 1\n");
	free(config);
	put(inventory, "{}");
	ok(!starts_sync(), "without a plan no sync is started in the background");
	ok(autosync_plan(3600, &err) == 0 && begins(path, "version=1\n3600") &&
	           !starts_sync(),
	   "a plan is written with its version: a young inventory needs no sync");
	age(path, NULL);
	ok(starts_sync(), "a plan of 1.0.0 is due at once: a sync writes it anew");
	put(path, "version=99\nnever\n");
	ok(starts_sync(), "a plan of another version is due at once");
	put(path, "version=1\nnever\n");
	ok(starts_sync(), "a plan that is broken is due at once");
	ok(autosync_plan(3600, &err) == 0 && !starts_sync(), "a plan is replaced");
	ok(autosync_plan(-1, &err) == 0 && access(path, F_OK) == -1,
	   "a plan is taken back");
	(void)unlink(inventory);
	free(inventory);
	free(path);
}

int main(void)
{
	char *command;
	int status;

	if (mkdtemp(folder) == NULL || setenv("XDG_CACHE_HOME", folder, 1) == -1 ||
	    setenv("XDG_CONFIG_HOME", folder, 1) == -1 ||
	    setenv("XDG_RUNTIME_DIR", folder, 1) == -1)
		return 1;
	test_lines();
	test_caches();
	test_aliases();
	test_userstate();
	test_tunnels();
	test_autosync();
	command = xasprintf("rm -r '%s'", folder);
	status = system(command); /* NOLINT(cert-env33-c) */
	free(command);
	return status != 0 || done_testing();
}
