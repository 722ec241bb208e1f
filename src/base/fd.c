/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/fd.h"

/*
 * Without SOCK_CLOEXEC and its like, which macOS lacks.  No exec can come in between: the
 * only threads (net/resolver and those of libcurl) start no program.
 */
static int close_on_exec(int fd)
{
#ifdef SO_NOSIGPIPE
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
	return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int both_close_on_exec(int ends[2])
{
	if (close_on_exec(ends[0]) == -1 || close_on_exec(ends[1]) == -1) {
		int saved = errno;

		(void)close(ends[0]);
		(void)close(ends[1]);
		errno = saved;
		return -1;
	}
	return 0;
}

int fd_pipe(int ends[2])
{
	return pipe(ends) == -1 ? -1 : both_close_on_exec(ends);
}

int fd_socketpair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 ? -1 :
	                                                         both_close_on_exec(ends);
}

static int one_close_on_exec(int fd)
{
	if (fd != -1 && close_on_exec(fd) == -1)
		fd_close(&fd);
	return fd;
}

int fd_socket(int family, int type, int protocol)
{
	return one_close_on_exec(socket(family, type, protocol));
}

int fd_accept(int listener)
{
	return one_close_on_exec(accept(listener, NULL, NULL));
}

int64_t fd_mtime_ns(const struct stat *st)
{
#ifdef __APPLE__
	const struct timespec *at = &st->st_mtimespec;
#else
	const struct timespec *at = &st->st_mtim;
#endif

	return (int64_t)at->tv_sec * 1000000000 + at->tv_nsec;
}

int64_t fd_mtime_ms(const char *path)
{
	struct stat st;
	int64_t at_ms = stat(path, &st) == 0 ? fd_mtime_ns(&st) / 1000000 : -1;

	return at_ms <= deadline_wall_ms() ? at_ms : -1;
}

int64_t fd_age_s(const char *path)
{
	int64_t at_ms = fd_mtime_ms(path);

	return at_ms != -1 ? (deadline_wall_ms() - at_ms) / 1000 : -1;
}

int fd_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags == -1 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void fd_fill_standard(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_WRONLY };

	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) == -1)
			(void)!open("/dev/null", modes[fd]); /* gets the lowest number */
	}
}

void fd_close(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}
