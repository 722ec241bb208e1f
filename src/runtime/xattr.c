/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#ifdef __linux__
#include <sys/xattr.h>
#endif

#ifdef __APPLE__
#include <copyfile.h>
#include <fcntl.h>
#include <unistd.h>
#endif

#include "base/mem.h"
#include "runtime/xattr.h"

#ifdef __linux__

enum { ATTRIBUTE_MAX = 65536 }; /* XATTR_SIZE_MAX and XATTR_LIST_MAX of Linux */

/* The others ("security.", "trusted.", NFS's own) a new file gets from the system. */
static int is_the_users(const char *name)
{
	return strncmp(name, "user.", 5) == 0 ||
	       strcmp(name, "system.posix_acl_access") == 0;
}

static int copy_one(const char *path, int fd, const char *name, char *value)
{
	ssize_t len = getxattr(path, name, value, ATTRIBUTE_MAX);

	if (len == -1)
		return errno == ENODATA ? 0 : -1; /* gone since the list was made */
	return fsetxattr(fd, name, value, (size_t)len, 0);
}

int xattr_copy(const char *path, int fd)
{
	char *names = xcalloc(ATTRIBUTE_MAX, 1);
	char *value = xcalloc(ATTRIBUTE_MAX, 1);
	ssize_t len = listxattr(path, names, ATTRIBUTE_MAX);
	int rc = len == -1 && errno != ENOTSUP ? -1 : 0;

	for (ssize_t at = 0; at < len && rc == 0; at += (ssize_t)strlen(names + at) + 1) {
		if (is_the_users(names + at))
			rc = copy_one(path, fd, names + at, value);
	}
	free(names);
	free(value);
	return rc;
}

#elif defined(__APPLE__)

int xattr_copy(const char *path, int fd)
{
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc = from == -1 ? -1 :
	                      fcopyfile(from, fd, NULL, COPYFILE_ACL | COPYFILE_XATTR);
	int saved = errno;

	if (from != -1)
		(void)close(from);
	errno = saved;
	return rc;
}

#else

int xattr_copy(const char *path, int fd)
{
	(void)path;
	(void)fd;
	return 0;
}

#endif
