/* SPDX-License-Identifier: MIT */
/* What a file has besides content, owner and mode; and names that change places. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "base/mem.h"
#include "runtime/renameswap.h"
#include "runtime/xattr.h"
#include "tap.h"

static char folder[] = "/tmp/cxssh-attributes.XXXXXX";

static int make(const char *path, const char *text)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	return fd;
}

static bool says(const char *path, const char *text)
{
	char got[32] = "";
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, got, sizeof(got) - 1);

	(void)close(fd);
	return n >= 0 && strcmp(got, text) == 0;
}

static void test_plain(const char *from, const char *to)
{
	int one = make(from, "");
	int other = make(to, "");

	ok(xattr_copy(from, other) == 0, "a file without attributes has none to copy");
	ok(xattr_copy("/nonexistent/file", other) == -1 && errno == ENOENT,
	   "a missing file is an error");
	(void)close(one);
	(void)close(other);
}

#ifdef __linux__

/* struct posix_acl_xattr_header and its entries: u::rw- u:12345:r-- g::--- m::r-- o::---
 */
static const unsigned char acl[] = {
	2, 0,    0,    0,   0x01, 0,    6,    0, 255, 255, 255, 255, 0x02, 0,    4,
	0, 0x39, 0x30, 0,   0,    0x04, 0,    0, 0,   255, 255, 255, 255,  0x10, 0,
	4, 0,    255,  255, 255,  255,  0x20, 0, 0,   0,   255, 255, 255,  255,
};

static void test_copy(const char *from, const char *to)
{
	char got[64];
	int one = make(from, "");
	int other = make(to, "");
	bool has_acl =
		fsetxattr(one, "system.posix_acl_access", acl, sizeof(acl), 0) == 0;

	if (fsetxattr(one, "user.note", "of the user", 11, 0) == -1 && errno == ENOTSUP) {
		printf("# no attributes on this file system\n");
	} else {
		ok(xattr_copy(from, other) == 0, "attributes are copied");
		ok(fgetxattr(other, "user.note", got, sizeof(got)) == 11 &&
		           memcmp(got, "of the user", 11) == 0,
		   "the attributes of the user are copied");
	}
	if (has_acl)
		ok(xattr_copy(from, other) == 0 &&
		           fgetxattr(other, "system.posix_acl_access", got,
		                     sizeof(got)) == (ssize_t)sizeof(acl) &&
		           memcmp(got, acl, sizeof(acl)) == 0,
		   "the ACL is copied");
	(void)close(one);
	(void)close(other);
}

#endif

static void test_exchange(const char *one, const char *other)
{
	(void)close(make(one, "one"));
	(void)close(make(other, "other"));
	if (rename_exchange(one, other) == -1) {
		ok(rename_exchange_is_missing(errno), "no exchange here: %s",
		   strerror(errno));
		return;
	}
	ok(says(one, "other") && says(other, "one"), "two files change places");
	(void)unlink(one);
	ok(rename_exchange(one, other) == -1 && !rename_exchange_is_missing(errno),
	   "an exchange with a missing file fails");
	ok(says(other, "one"), "an exchange that fails changes nothing");
}

int main(void)
{
	char *one;
	char *other;

	if (mkdtemp(folder) == NULL)
		return 1;
	one = xasprintf("%s/one", folder);
	other = xasprintf("%s/other", folder);
	test_plain(one, other);
#ifdef __linux__
	test_copy(one, other);
#endif
	test_exchange(one, other);
	(void)unlink(one);
	(void)unlink(other);
	(void)rmdir(folder);
	free(one);
	free(other);
	return done_testing();
}
