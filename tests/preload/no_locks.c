/* SPDX-License-Identifier: MIT */
/*
 * no_locks.c - a file system without locks, as NFS without its lock service: flock(2)
 * fails with ENOLCK, and with NO_LOCKS=all the locks of fcntl(2), too.  For programs that
 * are started with LD_PRELOAD=no_locks.so.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

int flock(int fd, int operation)
{
	(void)fd;
	(void)operation;
	errno = ENOLCK;
	return -1;
}

static int fcntl_by(const char *symbol, int fd, int command, void *argument)
{
	union {
		void *symbol;
		int (*call)(int, int, ...);
	} real = { dlsym(RTLD_NEXT, symbol) };
	const char *which = getenv("NO_LOCKS");

	if (which != NULL && strcmp(which, "all") == 0 &&
	    (command == F_OFD_SETLK || command == F_SETLK)) {
		errno = ENOLCK;
		return -1;
	}
	return real.call(fd, command, argument);
}

int fcntl(int fd, int command, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	return fcntl_by("fcntl", fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	return fcntl_by("fcntl64", fd, command, argument);
}
