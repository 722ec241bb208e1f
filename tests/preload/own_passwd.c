/* SPDX-License-Identifier: MIT */
/*
 * own_passwd.c - users and a host name of a test's own, for programs that are started
 * with LD_PRELOAD=own_passwd.so: the users are those of the file SANDBOX_PASSWD, in the
 * form of passwd(5), and the host is called SANDBOX_HOSTNAME, where that is set.
 */
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 0 with *found NULL where there is no such user; otherwise as getpwnam_r(3). */
static int find(const char *name, uid_t uid, struct passwd *pwd, char *buf, size_t len,
                struct passwd **found)
{
	const char *path = getenv("SANDBOX_PASSWD");
	FILE *f = path != NULL ? fopen(path, "re") : NULL;
	int rc = 0;

	*found = NULL;
	if (f == NULL)
		return ENOENT;
	while ((rc = fgetpwent_r(f, pwd, buf, len, found)) == 0)
		if (name != NULL ? strcmp(pwd->pw_name, name) == 0 : pwd->pw_uid == uid)
			break;
	(void)fclose(f);
	if (rc == 0)
		return 0;
	*found = NULL;
	return rc == ENOENT ? 0 : rc;
}

int getpwnam_r(const char *name, struct passwd *pwd, char *buf, size_t len,
               struct passwd **found)
{
	return find(name, 0, pwd, buf, len, found);
}

int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t len,
               struct passwd **found)
{
	return find(NULL, uid, pwd, buf, len, found);
}

static struct passwd *find_static(const char *name, uid_t uid)
{
	static struct passwd pwd;
	static char buf[4096];
	struct passwd *found;

	errno = find(name, uid, &pwd, buf, sizeof(buf), &found);
	return found;
}

struct passwd *getpwnam(const char *name)
{
	return find_static(name, 0);
}

struct passwd *getpwuid(uid_t uid)
{
	return find_static(NULL, uid);
}

/* hostname(1) and shells ask either of these. */
int gethostname(char *name, size_t len)
{
	const char *own = getenv("SANDBOX_HOSTNAME");

	(void)snprintf(name, len, "%s", own != NULL ? own : "laptop");
	return 0;
}
