/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "cli/errorline.h"
#include "cli/table.h"
#include "doctor/findings.h"
#include "doctor/localchecks.h"
#include "fleet/changes.h"
#include "keys/agent.h"
#include "keys/identity.h"
#include "keys/keyfile.h"
#include "runtime/atomic.h"
#include "runtime/config.h"
#include "runtime/lock.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"
#include "sshconfig/effective.h"
#include "sshconfig/include.h"
#include "sshconfig/userfile.h"
#include "sshconfig/usershell.h"
#include "sshconfig/write.h"

enum { SSH_MS = 3000, SHELL_MS = 2000, AGENT_MS = 1000, FIX_MS = 20000 };
static const mode_t OTHERS_WRITE = S_IWGRP | S_IWOTH;
enum { LITTLE_SPACE = 1024 * 1024 /* bytes */ };

static void check_home(struct findings *findings)
{
	const char *home = getenv("HOME");
	struct error err = ERROR_INIT;
	char *advice;

	if (paths_check_home(&err) == -1)
		findings_add_error(findings, "home", VERDICT_FAIL, &err);
	else
		findings_add(findings, "home", VERDICT_PASS, NULL,
		             "only you can write %s and ~/.ssh", paths_home());
	if (home == NULL || strcmp(home, paths_home()) == 0)
		return;
	advice = xasprintf("set HOME to %s", paths_home());
	findings_add(findings, "home-env", VERDICT_WARN, advice,
	             "HOME is %s, but ssh and cxssh use %s", home, paths_home());
	free(advice);
}

/* Of the folders that are there, the one with the least space. */
static void check_space(struct findings *findings)
{
	char *const folders[] = { paths_ssh("."), paths_cache("."), paths_config(".") };
	unsigned long long least = ULLONG_MAX;
	const char *where = NULL;

	for (size_t i = 0; i < 3; i++) {
		struct statvfs fs;
		unsigned long long left;

		if (statvfs(folders[i], &fs) == -1)
			continue;
		left = (unsigned long long)fs.f_bavail * fs.f_frsize;
		if (left < least) {
			least = left;
			where = folders[i];
		}
	}
	if (where == NULL) {
		findings_add(findings, "space", VERDICT_WARN, NULL, "%s: %s", folders[0],
		             strerror(errno));
	} else {
		char *shown = paths_shorten(where);

		shown[strlen(shown) - strlen("/.")] = '\0';
		findings_add(findings, "space",
		             least < LITTLE_SPACE ? VERDICT_FAIL : VERDICT_PASS,
		             least < LITTLE_SPACE ? "delete files on that disk" : NULL,
		             "%llu MB are free in %s", least / (1000 * 1000), shown);
		free(shown);
	}
	for (size_t i = 0; i < 3; i++)
		free(folders[i]);
}

static void check_config(struct findings *findings)
{
	struct config config;
	struct error err = ERROR_INIT;
	char *path = config_path();

	if (config_load(&config, &err) == -1)
		findings_add_error(findings, "config", VERDICT_FAIL, &err);
	else
		findings_add(findings, "config", VERDICT_PASS, NULL, "%s%s", path,
		             access(path, F_OK) == 0 ? "" : " is not there: defaults");
	config_release(&config);
	free(path);
}

static void check_proxy(struct findings *findings)
{
	char *proxy = sshconfig_proxy();

	if (proxy == NULL)
		findings_skip(findings, "proxy", "no generated block names cxssh-proxy");
	else if (access(proxy, X_OK) == -1)
		findings_add(findings, "proxy", VERDICT_FAIL,
		             errno == ENOENT ? "run: cxssh sync" :
		                               "let it be run, or install cxssh again; "
		                               "then run: cxssh sync",
		             "%s, which ssh is to start: %s", proxy, strerror(errno));
	else
		findings_add(findings, "proxy", VERDICT_PASS, NULL, "%s", proxy);
	free(proxy);
}

char *localchecks_missing_proxy(void)
{
	char *proxy = sshconfig_proxy();
	char *what = NULL;

	if (proxy != NULL && access(proxy, X_OK) == -1)
		what = errno == ENOENT ?
		               xasprintf("there is no %s; run: cxssh sync", proxy) :
		               xasprintf("%s may not be run; run: cxssh doctor", proxy);
	free(proxy);
	return what;
}

static size_t count_hosts(const char *text)
{
	size_t count = 0;

	for (; (text = strstr(text, "\nHost ")) != NULL; text++)
		count++;
	return count;
}

/* The file of "cxssh sync", and the program that it names. */
static void check_generated(struct findings *findings)
{
	struct strbuf text = STRBUF_INIT;
	struct error err = ERROR_INIT;
	char *path = sshconfig_path();
	struct stat st;
	char age[32];
	int rc = atomic_read(path, SSHCONFIG_MAX, &text, &err);

	if (rc == -1) {
		findings_add_error(findings, "generated", VERDICT_FAIL, &err);
	} else if (rc == 0 || stat(path, &st) == -1) {
		findings_add(findings, "generated", VERDICT_FAIL, "run: cxssh sync",
		             "~/.ssh/cxssh/config is missing");
	} else {
		findings_add(findings, "generated", VERDICT_PASS, NULL,
		             "%zu hosts, written %s", count_hosts(text.data),
		             table_ago(time(NULL) - st.st_mtime, age, sizeof(age)));
	}
	if (rc == 1)
		check_proxy(findings);
	else
		findings_skip(findings, "proxy", "there is no generated file to name it");
	strbuf_release(&text);
	free(path);
}

static void check_sync(struct findings *findings)
{
	char *refused = changes_refused();

	if (refused != NULL)
		findings_add(findings, "sync", VERDICT_WARN, "run: cxssh sync",
		             "the last one was refused: %s", refused);
	free(refused);
}

static void add_settings_error(struct findings *findings, const struct error *err)
{
	const char *remedy = effective_remedy(err);

	if (remedy != NULL)
		findings_add(findings, "settings", VERDICT_FAIL, remedy, "%s", err->text);
	else
		findings_add_error(findings, "settings", VERDICT_FAIL, err);
}

/* What ssh makes of the host, by its own word. */
static void check_settings(const char *alias, struct findings *findings)
{
	struct effective effective = EFFECTIVE_INIT;
	struct error err = ERROR_INIT;
	char *generated = sshconfig_path();

	if (alias == NULL || access(generated, R_OK) == -1)
		findings_skip(findings, "settings", "no host is known yet");
	else if (effective_check(generated, alias, deadline_in(SSH_MS), &effective,
	                         &err) == -1)
		add_settings_error(findings, &err);
	else if (effective.count == 0)
		findings_add(findings, "settings", VERDICT_PASS, NULL,
		             "ssh uses the generated settings of %s", alias);
	for (size_t i = 0; i < effective.count; i++)
		findings_add(findings, "settings",
		             effective.items[i].bypasses ? VERDICT_FAIL : VERDICT_WARN,
		             effective.items[i].remedy, "%s", effective.items[i].what);
	effective_release(&effective);
	free(generated);
}

static void check_shell(struct findings *findings)
{
	char *what;
	char *remedy;

	if (usershell_is_silent(deadline_in(SHELL_MS), &what, &remedy))
		findings_add(findings, "shell", VERDICT_PASS, NULL,
		             "the shell that starts a ProxyCommand is silent");
	else
		findings_add(findings, "shell", VERDICT_FAIL, remedy, "%s", what);
	free(what);
	free(remedy);
	if (spawn_began_ignoring())
		findings_add(findings, "sigchld", VERDICT_WARN,
		             "start ssh from a program that does not ignore SIGCHLD",
		             "SIGCHLD is ignored, so ssh says: Couldn't wait for child");
}

static void check_ssh(struct findings *findings)
{
	char *ssh = paths_tool("ssh");
	char option[] = "-V";
	char *const argv[] = { ssh, option, NULL };
	struct strbuf output = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int status;

	if (spawn_run(argv, deadline_in(SSH_MS), &output, &status, &err) == -1)
		findings_add_error(findings, "ssh", VERDICT_FAIL, &err);
	else
		findings_add(findings, "ssh", status == 0 ? VERDICT_PASS : VERDICT_FAIL,
		             status == 0 ? NULL : "install OpenSSH's client", "%s, %.*s",
		             ssh, (int)strcspn(output.data, "\r\n"), output.data);
	strbuf_release(&output);
	free(ssh);
}

static void check_agent(const struct config *config, struct findings *findings)
{
	enum verdict bad = config->keys_in_agent ? VERDICT_FAIL : VERDICT_WARN;
	struct strbuf blobs = STRBUF_INIT;
	struct error err = ERROR_INIT;
	const char *path = agent_socket(NULL);
	int count = -1;
	int fd = -1;

	if (path[0] == '\0' && !config->keys_in_agent) {
		findings_add(findings, "agent", VERDICT_PASS, NULL,
		             "none; SSH_AUTH_SOCK is not set");
		return;
	}
	fd = agent_open(NULL, &err);
	if (fd != -1) {
		count = agent_list(fd, &blobs, deadline_in(AGENT_MS), &err);
		(void)close(fd);
	}
	if (count == -1)
		findings_add(findings, "agent", bad,
		             "start ssh-agent, or unset SSH_AUTH_SOCK", "%s", err.text);
	else
		findings_add(findings, "agent", VERDICT_PASS, NULL, "%d keys in %s",
		             count, path);
	strbuf_release(&blobs);
}

/* The files of a pattern, but for public keys. */
static void find_files(char *pattern, struct strvec *found)
{
	glob_t list = { .gl_pathc = 0 };

	if (glob(pattern, 0, NULL, &list) == 0) {
		for (size_t i = 0; i < list.gl_pathc; i++) {
			if (strstr(list.gl_pathv[i], ".pub") == NULL)
				strvec_push(found, list.gl_pathv[i]);
		}
		globfree(&list);
	}
	free(pattern);
}

static void check_keys(struct findings *findings)
{
	struct strvec keys = STRVEC_INIT;
	size_t bad = 0;

	find_files(paths_ssh("cx_*"), &keys);
	for (size_t i = 0; i < keys.count; i++) {
		struct error err = ERROR_INIT;

		if (identity_check(keys.items[i], &err) == -1) {
			findings_add_error(findings, "keys", VERDICT_FAIL, &err);
			bad++;
		} else if (!keyfile_is_usable(keys.items[i])) {
			findings_add(findings, "keys", VERDICT_WARN,
			             "run: cxssh key refresh HOST, for a host of its "
			             "stack",
			             "%s is no whole private key", keys.items[i]);
			bad++;
		}
	}
	if (bad == 0)
		findings_add(findings, "keys", VERDICT_PASS, NULL,
		             "%zu server key%s in ~/.ssh, for you alone", keys.count,
		             keys.count == 1 ? "" : "s");
	strvec_release(&keys);
}

/* Locks are held for seconds; one that another process keeps holds all others up. */
static void check_locks(struct findings *findings)
{
	struct strvec locks = STRVEC_INIT;
	size_t held = 0;

	find_files(paths_cache("lock/*"), &locks);
	find_files(paths_ssh("cxssh/*.lock"), &locks);
	for (size_t i = 0; i < locks.count; i++) {
		struct error err = ERROR_INIT;
		int fd = lock_take(locks.items[i], deadline_in(0), &err);

		lock_release(fd);
		if (fd != -1 || err.code != ERROR_RETRY)
			continue;
		findings_add_error(findings, "locks", VERDICT_WARN, &err);
		held++;
	}
	if (held == 0)
		findings_add(findings, "locks", VERDICT_PASS, NULL,
		             "no cxssh holds another one up");
	strvec_release(&locks);
}

void localchecks(const struct config *config, const char *alias,
                 struct findings *findings)
{
	check_home(findings);
	check_space(findings);
	check_config(findings);
	check_ssh(findings);
	check_generated(findings);
	check_sync(findings);
	check_settings(alias, findings);
	check_shell(findings);
	check_agent(config, findings);
	check_keys(findings);
	check_locks(findings);
}

/* Take these bits from the mode of path, and print it.  Takes path. */
static void fix_mode(char *path, mode_t bits)
{
	struct stat st;
	char *shown = paths_shorten(path);
	bool own = stat(path, &st) == 0 && st.st_uid == geteuid();
	mode_t mode = own ? st.st_mode & 07777 : 0;
	bool harmless = bits == OTHERS_WRITE && own && !paths_others_write(&st);

	if ((mode & bits) != 0 && !harmless && chmod(path, mode & ~bits) == 0)
		(void)printf("fixed: mode of %s: %04o -> %04o\n", shown, (unsigned)mode,
		             (unsigned)(mode & ~bits));
	free(shown);
	free(path);
}

/* True if the one thing that keeps ssh from the host is the missing Include line. */
static bool lacks_include(const char *generated, const char *alias)
{
	struct effective effective = EFFECTIVE_INIT;
	struct error ignored = ERROR_INIT;
	bool lacks = effective_check(generated, alias, deadline_in(SSH_MS), &effective,
	                             &ignored) == 0 &&
	             effective.count > 0 &&
	             effective.items[0].kind == EFFECTIVE_NO_INCLUDE;

	effective_release(&effective);
	return lacks;
}

static void fix_include(const char *alias)
{
	struct userfile file;
	enum userfile_result result = USERFILE_PRESENT;
	struct error err = ERROR_INIT;

	userfile_init(&file, false);
	if (lacks_include(file.generated, alias) &&
	    userfile_add(&file, deadline_in(FIX_MS), &result, &err) == -1)
		errorline_print(&err);
	if (result == USERFILE_ADDED)
		(void)printf("fixed: ~/.ssh/config: \"%s\" is its first line now\n",
		             INCLUDE_LINE);
	userfile_release(&file);
}

void localchecks_fix(const char *alias)
{
	struct strvec keys = STRVEC_INIT;

	fix_mode(xstrdup(paths_home()), OTHERS_WRITE);
	fix_mode(paths_ssh("."), OTHERS_WRITE);
	fix_mode(paths_ssh("config"), OTHERS_WRITE);
	fix_mode(paths_ssh("cxssh"), S_IRWXG | S_IRWXO);
	fix_mode(sshconfig_path(), S_IRWXG | S_IRWXO);
	find_files(paths_ssh("cx_*"), &keys);
	for (size_t i = 0; i < keys.count; i++)
		fix_mode(xstrdup(keys.items[i]), S_IRWXG | S_IRWXO);
	strvec_release(&keys);
	if (alias != NULL)
		fix_include(alias);
}
