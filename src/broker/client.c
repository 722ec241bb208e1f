/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "broker/client.h"
#include "net/unixsock.h"
#include "runtime/lock.h"
#include "runtime/paths.h"
#include "runtime/spawn.h"

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

enum { STARTS_MAX = 5, PAUSE_MS = 20 };

/* A connection to the broker; -1 with errno. */
static int try_connect(const struct sockaddr_un *address)
{
	int fd = fd_socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd == -1)
		return -1;
	if (fd_nonblocking(fd) == -1 ||
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) == -1) {
		int saved = errno;

		fd_close(&fd);
		errno = saved;
		return -1;
	}
	if (!unixsock_peer_is_us(fd)) {
		fd_close(&fd);
		errno = EPERM;
	}
	return fd;
}

/* 1 with *fd, 0 when there is nobody, -1 with err. */
static int connect_broker(const char *gateway, struct deadline until, int *fd,
                          struct error *err)
{
	struct sockaddr_un address;
	char *path = unixsock_socket_path(gateway);
	int rc = unixsock_address(path, &address, err);

	free(path);
	if (rc == -1)
		return -1;
	/* EAGAIN: more are waiting than fit its queue. */
	while ((*fd = try_connect(&address)) == -1 && errno == EAGAIN &&
	       !deadline_passed(until))
		deadline_sleep(until, PAUSE_MS);
	if (*fd != -1)
		return 1;
	if (errno == EPERM)
		return error_set(err, ERROR_CONFIG,
		                 "the gateway's socket belongs to somebody else");
	return 0;
}

/* Keep one descriptor that came along; alignment makes room for more than were meant. */
static void take_passed(struct msghdr *msg, int *passed)
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(msg);
	size_t count;

	if (header == NULL || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS)
		return;
	count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (size_t i = 0; i < count; i++) {
		fd_close(passed);
		memcpy(passed, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
		(void)fcntl(*passed, F_SETFD, FD_CLOEXEC);
	}
}

/* The next piece of an answer, and a descriptor if one comes along. */
static ssize_t receive(int fd, char *buf, size_t cap, int *passed)
{
	struct iovec piece = { .iov_base = buf, .iov_len = cap };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = &piece,
		              .msg_iovlen = 1,
		              .msg_control = control.bytes,
		              .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);

	if (n > 0)
		take_passed(&msg, passed);
	return n;
}

int broker_read_reply(int fd, struct deadline until, char answer[BROKER_LINE_MAX],
                      int *passed, struct error *err)
{
	size_t len = 0;

	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		ssize_t n = receive(fd, answer + len, BROKER_LINE_MAX - 1 - len, passed);

		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			return 0;
		if (n > 0) {
			len += (size_t)n;
			if (answer[len - 1] == '\n') {
				answer[len - 1] = '\0';
				return 1;
			}
			if (len == BROKER_LINE_MAX - 1)
				return 0;
			continue;
		}
		if (poll(&pfd, 1, deadline_left(until)) == 0)
			return error_set(err, ERROR_UNAVAILABLE, "no answer in time");
	}
}

struct query {
	const char *gateway;
	const char *request;
	int caller; /* on whose behalf; -1: nobody's */
	struct deadline until;
};

/* Sleep until the broker says something; -1 when nobody wants to hear it any more. */
static int await_answer(int broker, const struct query *q, struct error *err)
{
	struct pollfd pfds[2] = {
		{ .fd = broker, .events = POLLIN },
		{ .fd = q->caller, .events = 0 },
	};

	while (poll(pfds, 2, deadline_left(q->until)) == -1 && errno == EINTR)
		;
	if ((pfds[1].revents & (POLLHUP | POLLERR)) != 0)
		return error_set(err, ERROR_UNAVAILABLE, "nobody waits any more");
	return 0;
}

static int query_broker(const struct query *q, char answer[BROKER_LINE_MAX], int *fd,
                        struct error *err)
{
	size_t len = strlen(q->request);
	int broker;
	int rc = connect_broker(q->gateway, q->until, &broker, err);

	*fd = -1;
	if (rc != 1)
		return rc;
	/* So short a line fits an empty socket at once, or the broker is gone. */
	if (send(broker, q->request, len, MSG_NOSIGNAL) != (ssize_t)len)
		rc = 0;
	else if ((rc = await_answer(broker, q, err)) == 0)
		rc = broker_read_reply(broker, q->until, answer, fd, err);
	if (rc != 1)
		fd_close(fd);
	fd_close(&broker);
	return rc;
}

int broker_query(const char *gateway, const char *request, struct deadline until,
                 char answer[BROKER_LINE_MAX], int *fd, struct error *err)
{
	const struct query q = {
		.gateway = gateway, .request = request, .caller = -1, .until = until
	};

	return query_broker(&q, answer, fd, err);
}

/* Make sure that somebody listens, with one start at a time. */
static int start_broker(const char *gateway, struct deadline until, struct error *err)
{
	struct strbuf output = STRBUF_INIT;
	char *program = paths_program("cxssh");
	char *argv[] = { program, (char[]){ "gateway" }, (char *)gateway, NULL };
	char *path = unixsock_path(gateway, ".query_broker");
	int lock = lock_take(path, until, err);
	int broker = -1;
	int status = 0;
	int rc = -1;

	if (lock == -1)
		goto out;
	rc = connect_broker(gateway, until, &broker, err);
	fd_close(&broker);
	if (rc == 0)
		rc = spawn_run(argv, until, &output, &status, err);
	if (rc == 1)
		rc = 0;
	if (rc == 0 && status != 0) {
		output.data[strcspn(output.data, "\n")] = '\0';
		rc = error_set(err, error_from_status(status), "%s",
		               output.len > 0 ? output.data :
		                                "gateway: could not be started");
	}
out:
	lock_release(lock);
	strbuf_release(&output);
	free(path);
	free(program);
	return rc;
}

int broker_parse_error_reply(const char *answer, struct error *err)
{
	static const char word[] = "error ";
	char shown[BROKER_LINE_MAX];
	char digits[8] = "";
	int64_t status = 0;
	size_t len;

	if (strncmp(answer, word, strlen(word)) != 0)
		return error_set(err, ERROR_INTERNAL,
		                 "the gateway's broker answers nonsense");
	answer += strlen(word);
	len = strcspn(answer, " ");
	if (len < sizeof(digits))
		memcpy(digits, answer, len);
	if (parse_int(digits, 1, 255, &status, err) == -1)
		status = 0;
	answer += len;
	/* Whatever the number: a refusal is no success. */
	return error_set(err,
	                 status == 0 ? ERROR_INTERNAL : error_from_status((int)status),
	                 "%s",
	                 printable_text(*answer == ' ' ? answer + 1 : answer, shown,
	                                sizeof(shown)));
}

int broker_open_channel(const char *gateway, const char *uid, uint16_t port, int caller,
                        struct deadline until, struct error *err)
{
	char request[BROKER_LINE_MAX];
	char answer[BROKER_LINE_MAX];
	const struct query q = {
		.gateway = gateway, .request = request, .caller = caller, .until = until
	};
	int fd = -1;

	(void)snprintf(request, sizeof(request), "channel %s %u\n", uid,
	               (unsigned int)port);
	for (int starts = 0; starts <= STARTS_MAX; starts++) {
		int rc = query_broker(&q, answer, &fd, err);

		if (rc == -1)
			return error_prefix(err, "gateway %s", gateway);
		if (rc == 1 && strcmp(answer, "ok") == 0 && fd != -1)
			return fd;
		if (rc == 1) {
			fd_close(&fd);
			return broker_parse_error_reply(answer, err);
		}
		/* Nobody there, or somebody who was just leaving. */
		if (deadline_passed(until))
			break;
		if (starts > 0)
			deadline_sleep(until, PAUSE_MS);
		if (start_broker(gateway, until, err) == -1)
			return -1;
	}
	return error_set(err, ERROR_UNAVAILABLE,
	                 "gateway %s: nobody keeps its connection", gateway);
}
