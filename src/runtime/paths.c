/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef __APPLE__
#include <mach-o/dyld.h>
#else
#include <sys/auxv.h>
#endif

#include "base/error.h"
#include "base/mem.h"
#include "runtime/paths.h"

static bool homeless;
static gid_t own_group; /* known once the home folder is */

const char *paths_home(void)
{
	static char home[1024];
	struct passwd *pw;

	if (home[0] != '\0')
		return home;
	pw = getpwuid(getuid());
	own_group = pw != NULL ? pw->pw_gid : getgid();
	homeless = pw == NULL || pw->pw_dir == NULL || pw->pw_dir[0] != '/';
	if (homeless)
		(void)snprintf(home, sizeof(home), "/");
	else
		(void)snprintf(home, sizeof(home), "%s", pw->pw_dir);
	return home;
}

int paths_check(struct error *err)
{
	(void)paths_home();
	if (!homeless)
		return 0;
	error_set(err, ERROR_CONFIG, "no home folder for the user with the number %lu",
	          (unsigned long)getuid());
	return error_hint(err, "getent passwd %lu", (unsigned long)getuid());
}

/* base + "/" + the formatted rest; frees base. */
__attribute__((format(printf, 2, 0))) static char *below(char *base, const char *fmt,
                                                         va_list ap)
{
	char *rest = xvasprintf(fmt, ap);
	char *path = xasprintf("%s/%s", base, rest);

	free(base);
	free(rest);
	return path;
}

/* The value of an XDG variable, or NULL. */
static const char *absolute(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && value[0] == '/' ? value : NULL;
}

/* The folder that an XDG variable names, or home/otherwise. */
static char *xdg(const char *variable, const char *otherwise)
{
	const char *value = absolute(variable);

	if (value != NULL)
		return xasprintf("%s/cxssh", value);
	return xasprintf("%s/%s/cxssh", paths_home(), otherwise);
}

/* Is there room in sockaddr_un for the longest name below this folder?  ssh appends 17
 * bytes while it makes a socket. */
static bool has_room(const char *folder)
{
	static const char longest[] = "/gw-0123456789abcdef.login.0123456789abcdef";

	return strlen(folder) + sizeof(longest) <=
	       sizeof(((struct sockaddr_un *)0)->sun_path);
}

static bool is_own(const struct stat *st)
{
	return S_ISDIR(st->st_mode) && st->st_uid == geteuid();
}

static bool is_run_folder(const char *folder)
{
	struct stat st;

	return stat(folder, &st) == 0 && is_own(&st) && access(folder, W_OK | X_OK) == 0;
}

/* $XDG_RUNTIME_DIR/cxssh, or NULL.  cron(8) does not set the variable, and after su(1) it
 * still names the folder of the other user; pam_systemd(8) makes the usual one. */
static char *xdg_run_folder(void)
{
	const char *value = absolute("XDG_RUNTIME_DIR");
	char usual[64];

	(void)snprintf(usual, sizeof(usual), "/run/user/%lu", (unsigned long)geteuid());
	if (value == NULL || !is_run_folder(value))
		value = usual;
	return is_run_folder(value) ? xasprintf("%s/cxssh", value) : NULL;
}

/* A folder with a short path, or NULL where another user has taken its name. */
static char *short_run_folder(void)
{
	char *folder = xasprintf("/tmp/cxssh-%lu", (unsigned long)geteuid());
	struct stat st;

	if (lstat(folder, &st) == -1 ? errno == ENOENT : is_own(&st))
		return folder;
	free(folder);
	return NULL;
}

/* Is the folder on a file system that is mounted read-only? */
static bool is_read_only(const char *folder)
{
	return access(folder, W_OK) == -1 && errno == EROFS;
}

/* The first of the folders in which a socket has room and can be made; the one of the
 * cache where there is none. */
static char *run_folder(void)
{
	char *run = xdg_run_folder();
	char *cache;
	char *other = NULL;

	if (run != NULL && has_room(run))
		return run;
	free(run);
	cache = xdg("XDG_CACHE_HOME", ".cache");
	run = xasprintf("%s/run", cache);
	if (!has_room(run) || is_read_only(cache))
		other = short_run_folder();
	free(cache);
	if (other == NULL)
		return run;
	free(run);
	return other;
}

/* The name of the link that keeps the folder of $XDG_CONFIG_HOME. */
static char *config_link(void)
{
	return xasprintf("%s/.ssh/cxssh/xdg-config", paths_home());
}

/* Where that link leads, if it is a folder; else NULL. */
static char *remembered_config(void)
{
	char *link = config_link();
	char *folder = realpath(link, NULL);

	free(link);
	return folder;
}

static char *config_folder(void)
{
	char *folder = absolute("XDG_CONFIG_HOME") != NULL ? NULL : remembered_config();

	return folder != NULL ? folder : xdg("XDG_CONFIG_HOME", ".config");
}

int paths_remember_config(struct error *err)
{
	char *link = config_link();
	char *usual = xasprintf("%s/.config/cxssh", paths_home());
	char *folder = xdg("XDG_CONFIG_HOME", ".config");
	char now[1024];
	ssize_t n = readlink(link, now, sizeof(now) - 1);
	int rc = 0;

	now[n > 0 ? n : 0] = '\0';
	if (absolute("XDG_CONFIG_HOME") != NULL && strcmp(now, folder) != 0) {
		if (n != -1 && unlink(link) == -1)
			rc = error_errno(err, ERROR_CONFIG, "cannot remove %s", link);
		else if (strcmp(folder, usual) != 0 &&
		         (paths_make_for(link, err) == -1 || symlink(folder, link) == -1))
			rc = error_errno(err, ERROR_CONFIG, "cannot make %s", link);
	}
	free(usual);
	free(folder);
	free(link);
	return rc;
}

void paths_forget_config(void)
{
	char *link = config_link();

	(void)unlink(link);
	free(link);
}

#define PATHS_FUNCTION(name, base) \
	char *name(const char *fmt, ...) \
	{ \
		va_list ap; \
		char *path; \
\
		va_start(ap, fmt); \
		path = below(base, fmt, ap); \
		va_end(ap); \
		return path; \
	}

PATHS_FUNCTION(paths_config, config_folder())
PATHS_FUNCTION(paths_cache, xdg("XDG_CACHE_HOME", ".cache"))
PATHS_FUNCTION(paths_run, run_folder())
PATHS_FUNCTION(paths_ssh, xasprintf("%s/.ssh", paths_home()))
PATHS_FUNCTION(paths_in_home, xstrdup(paths_home()))

char *paths_expand(const char *path)
{
	if (path[0] == '~' && path[1] == '/')
		return paths_in_home("%s", path + 2);
	return xstrdup(path);
}

char *paths_shorten(const char *path)
{
	size_t len = strlen(paths_home());

	if (len > 1 && strncmp(path, paths_home(), len) == 0 && path[len] == '/')
		return xasprintf("~%s", path + len);
	return xstrdup(path);
}

const char *paths_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

char *paths_folder(const char *path)
{
	const char *name = paths_name(path);

	return name == path ? xstrdup(".") : xstrndup(path, (size_t)(name - path));
}

/* May c stand in the name of a file, beside the home folder's name? */
static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
	       (c != '\0' && strchr("._-+~'", c) != NULL);
}

static bool is_plain(const char *path)
{
	while (*path == '/' || (isalnum((unsigned char)*path) != 0) ||
	       (*path != '\0' && strchr("._-+", *path) != NULL))
		path++;
	return *path == '\0';
}

void paths_shorten_text(char *text)
{
	const char *home = paths_home();
	const char *variable = getenv("HOME");
	size_t len = strlen(home);
	char *to = text;

	if (len < 2 || (variable != NULL && strcmp(variable, home) != 0) ||
	    !is_plain(home))
		return;
	for (const char *at = text; *at != '\0';) {
		bool begins = at == text || (!is_of_name(at[-1]) && at[-1] != '/');

		if (begins && strncmp(at, home, len) == 0 && !is_of_name(at[len])) {
			*to++ = '~';
			at += len;
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
}

static int make_folder(const char *folder, struct error *err)
{
	if (mkdir(folder, 0700) == -1 && errno != EEXIST)
		return error_errno(err, ERROR_CONFIG, "cannot make the folder %s",
		                   folder);
	return 0;
}

/* A umask of 002 is usual where each user has a group to itself. */
bool paths_others_write(const struct stat *st)
{
	(void)paths_home();
	return (st->st_mode & S_IWOTH) != 0 ||
	       ((st->st_mode & S_IWGRP) != 0 && st->st_gid != own_group);
}

static int check_folder(const char *folder, const struct stat *st, struct error *err)
{
	bool foreign = st->st_uid != geteuid() && st->st_uid != 0;

	if (S_ISDIR(st->st_mode) && !foreign && !paths_others_write(st))
		return 0;
	error_set(err, ERROR_CONFIG, "%s: must be a folder that only you can write",
	          folder);
	if (S_ISDIR(st->st_mode) && !foreign)
		error_hint(err, "chmod go-w %s", folder);
	return -1;
}

int paths_check_home(struct error *err)
{
	char *ssh = paths_ssh(".");
	struct stat st;
	int rc = 0;

	ssh[strlen(ssh) - strlen("/.")] = '\0';
	if (stat(paths_home(), &st) == 0 && (st.st_mode & S_IWOTH) != 0) {
		rc = error_set(err, ERROR_CONFIG, "%s: others can write it",
		               paths_home());
		error_hint(err, "chmod o-w %s", paths_home());
	} else if (stat(ssh, &st) == 0) {
		rc = check_folder(ssh, &st, err);
	}
	free(ssh);
	return rc;
}

int paths_make_for(const char *path, struct error *err)
{
	char *folder = xstrdup(path);
	char *last = strrchr(folder, '/');
	struct stat st;
	int rc = -1;

	if (last == NULL || last == folder) {
		free(folder);
		return 0;
	}
	*last = '\0';
	if (stat(folder, &st) == -1) {
		for (char *slash = strchr(folder + 1, '/'); slash != NULL;
		     slash = strchr(slash + 1, '/')) {
			*slash = '\0';
			if (access(folder, F_OK) == -1 && make_folder(folder, err) == -1)
				goto out;
			*slash = '/';
		}
		if (make_folder(folder, err) == -1)
			goto out;
		if (stat(folder, &st) == -1) {
			error_errno(err, ERROR_CONFIG, "%s", folder);
			goto out;
		}
	}
	rc = check_folder(folder, &st, err);
out:
	free(folder);
	return rc;
}

/* The path of the running program, in buf; false if the system does not say. */
#ifdef __APPLE__
static bool own_path(char *buf, size_t cap)
{
	uint32_t size = (uint32_t)cap;

	return _NSGetExecutablePath(buf, &size) == 0;
}
#else
static bool own_path(char *buf, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", buf, cap - 1);
	const char *started;

	if (n > 0) {
		buf[n] = '\0';
		return true;
	}
	/* Without /proc: by which path it was started, a pointer by getauxval(3). */
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	started = (const char *)(uintptr_t)getauxval(AT_EXECFN);
	if (started == NULL || started[0] != '/' || strlen(started) >= cap)
		return false;
	memcpy(buf, started, strlen(started) + 1);
	return true;
}
#endif

char *paths_program(const char *name)
{
	char self[1024];
	char *slash;

	if (own_path(self, sizeof(self)) && (slash = strrchr(self, '/')) != NULL) {
		char *path;

		*slash = '\0';
		path = xasprintf("%s/%s", self, name);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return xasprintf("%s/%s", BINDIR, name);
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* The path of name in the first absolute folder of the list that has it, or NULL. */
static char *search(const char *folders, const char *name)
{
	while (*folders != '\0') {
		size_t len = strcspn(folders, ":");
		char *path = xasprintf("%.*s/%s", (int)len, folders, name);

		if (path[0] == '/' && is_program(path))
			return path;
		free(path);
		folders += len + (folders[len] == ':');
	}
	return NULL;
}

char *paths_tool(const char *name)
{
	const char *path = getenv("PATH");
	char *found = path != NULL ? search(path, name) : NULL;

	if (found == NULL)
		found = search("/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin", name);
	return found != NULL ? found : xasprintf("/usr/bin/%s", name);
}
