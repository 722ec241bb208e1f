/* SPDX-License-Identifier: MIT */
/*
 * frozen_file.c - a file system that does not answer: open(2) of a file whose path ends
 * in $FROZEN_NAME waits while the file $FROZEN_WHILE exists.  For programs that are
 * started with LD_PRELOAD=frozen_file.so.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void wait_while_frozen(const char *path)
{
	const char *name = getenv("FROZEN_NAME");
	const char *flag = getenv("FROZEN_WHILE");
	size_t len = name != NULL ? strlen(name) : 0;

	if (len == 0 || flag == NULL || strlen(path) < len ||
	    strcmp(path + strlen(path) - len, name) != 0)
		return;
	while (access(flag, F_OK) == 0)
		(void)usleep(50000);
}

static int open_by(const char *symbol, const char *path, int flags, mode_t mode)
{
	union {
		void *symbol;
		int (*call)(const char *, int, ...);
	} real = { dlsym(RTLD_NEXT, symbol) };

	wait_while_frozen(path);
	return real.call(path, flags, mode);
}

#define OPEN(name) \
	int name(const char *path, int flags, ...) \
	{ \
		va_list ap; \
		mode_t mode; \
\
		va_start(ap, flags); \
		mode = (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0; \
		va_end(ap); \
		return open_by(#name, path, flags, mode); \
	}

OPEN(open)
OPEN(open64)

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open_by("open", path, flags, 0);
}
