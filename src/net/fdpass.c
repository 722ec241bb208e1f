/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "net/fdpass.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* macOS: SIGPIPE is ignored by every main */
#endif

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
	if (getsockopt(in, SOL_SOCKET, SO_TYPE, &type, &type_len) == -1 ||
	    type != SOCK_STREAM)
		return false;
	return recv(in, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	       (errno == EAGAIN || errno == EWOULDBLOCK);
}

int fdpass_send(int out, int fd, struct error *err)
{
	char byte = '\0';
	struct iovec bytes = { .iov_base = &byte, .iov_len = 1 };
	union control control;
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	ssize_t n;

	memset(&control, 0, sizeof(control));
	header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	do {
		n = sendmsg(out, &message, MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n != 1)
		return error_errno(err, ERROR_INTERNAL, "handing the connection to ssh");
	return 0;
}

/* A message has room for one descriptor, and alignment may make room for two. */
static void close_all(const struct cmsghdr *header)
{
	size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
		(void)close(fd);
	}
}

int fdpass_receive(int in, char *text, size_t cap, size_t *len)
{
	struct iovec bytes = { .iov_base = text, .iov_len = cap };
	union control control;
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *header;
	int fd = -1;
	ssize_t n;

	do {
		n = recvmsg(in, &message, 0);
	} while (n == -1 && errno == EINTR);
	*len = n > 0 ? (size_t)n : 0;
	if (n == -1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (header == NULL || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(fd))) {
		if (header != NULL && header->cmsg_level == SOL_SOCKET &&
		    header->cmsg_type == SCM_RIGHTS)
			close_all(header);
		errno = ENOMSG;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}
