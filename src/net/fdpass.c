/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "net/fdpass.h"
#include "net/unixsock.h"
#include "runtime/paths.h"

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

enum { LATE_BANNER_MS = 1000 };

/* Room for one descriptor, aligned as CMSG_FIRSTHDR() wants it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

bool fdpass_wanted(int in, int out)
{
	struct sockaddr_storage self = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(self);
	struct stat a;
	struct stat b;
	int type = 0;
	socklen_t type_len = sizeof(type);
	char byte;

	if (fstat(in, &a) == -1 || fstat(out, &b) == -1 || !S_ISSOCK(a.st_mode) ||
	    a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return false;
	if (getsockname(in, (struct sockaddr *)&self, &len) == -1 ||
	    self.ss_family != AF_UNIX)
		return false;
	/* A socketpair has no name; the clients of "cxssh listen --socket" come by one.
	 */
	if (((const struct sockaddr_un *)&self)->sun_path[0] != '\0')
		return false;
	if (getsockopt(in, SOL_SOCKET, SO_TYPE, &type, &type_len) == -1 ||
	    type != SOCK_STREAM)
		return false;
	return recv(in, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool fdpass_is_ssh(const char *program)
{
	const char *name = paths_name(program);
	size_t len;

	name += *name == '.';
	len = strcspn(name, " "); /* " (deleted)": upgraded meanwhile */
	return strncmp(name, "ssh", 3) == 0 ||
	       (len >= 3 && strncmp(name + len - 3, "ssh", 3) == 0);
}

/* Is the program known that made the socket, and is it no ssh? */
static bool made_by_another(int fd)
{
	char link[32];
	char program[PATH_MAX];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)unixsock_peer_pid(fd));
	n = readlink(link, program, sizeof(program) - 1);
	program[n > 0 ? n : 0] = '\0';
	return n > 0 && !fdpass_is_ssh(program);
}

bool fdpass_wanted_at_start(int in, int out)
{
	struct pollfd pfd = { .fd = in, .events = POLLIN };

	if (!fdpass_wanted(in, out))
		return false;
	if (made_by_another(in))
		(void)poll(&pfd, 1, LATE_BANNER_MS);
	return fdpass_wanted(in, out);
}

ssize_t fdpass_write(int to, const void *bytes, size_t len, int fd, int flags)
{
	struct iovec piece = { .iov_base = (void *)bytes, .iov_len = len };
	union control control = { .bytes = { 0 } };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t n;

	if (fd != -1) {
		struct cmsghdr *header = &control.header;

		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	do {
		n = sendmsg(to, &message, flags | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	return n;
}

/* The alignment of the buffer leaves room for two: several are closed, one is kept. */
static int take_descriptor(struct msghdr *message)
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fds[sizeof(union control) / sizeof(int)];
	size_t count;

	if (header == NULL || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS)
		return -1;
	count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	for (size_t i = 0; i < count && count > 1; i++)
		(void)close(fds[i]);
	if (count != 1)
		return -1;
	(void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	return fds[0];
}

ssize_t fdpass_read(int from, void *bytes, size_t cap, int *fd)
{
	struct iovec piece = { .iov_base = bytes, .iov_len = cap };
	union control control;
	struct msghdr message = { .msg_iov = &piece,
		                  .msg_iovlen = 1,
		                  .msg_control = &control,
		                  .msg_controllen = sizeof(control) };
	ssize_t n;

	do {
		n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	} while (n == -1 && errno == EINTR);
	*fd = n > 0 ? take_descriptor(&message) : -1;
	return n;
}

int fdpass_send(int out, int fd, struct error *err)
{
	if (fd == -1)
		errno = EBADF;
	if (fd == -1 || fdpass_write(out, "", 1, fd, 0) != 1)
		return error_errno(err, ERROR_INTERNAL, "handing the connection to ssh");
	return 0;
}
