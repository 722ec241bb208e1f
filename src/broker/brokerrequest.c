/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/allowlist.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/parse.h"
#include "broker/brokerrequest.h"
#include "broker/client.h"
#include "net/unixsock.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

struct broker_request {
	int fd;
	char line[128];
	size_t len;
	enum broker_request_type type;
	const char *uid; /* in line */
	uint16_t port;
};

struct broker_request *broker_request_new(int fd)
{
	struct broker_request *a = xcalloc(1, sizeof(*a));

	a->fd = fd;
	if (!unixsock_peer_is_us(fd))
		a->type = BROKER_REQUEST_GONE;
	return a;
}

void broker_request_free(struct broker_request *a)
{
	if (a == NULL)
		return;
	fd_close(&a->fd);
	free(a);
}

int broker_request_fd(const struct broker_request *a)
{
	return a->fd;
}

static enum broker_request_type understand(struct broker_request *a)
{
	static const char channel[] = "channel ";
	struct error ignored = ERROR_INIT;
	char *port;

	if (strcmp(a->line, "status") == 0)
		return BROKER_REQUEST_STATUS;
	if (strcmp(a->line, "close") == 0)
		return BROKER_REQUEST_CLOSE;
	if (strncmp(a->line, channel, strlen(channel)) != 0)
		return BROKER_REQUEST_GONE;
	a->uid = a->line + strlen(channel);
	port = strchr(a->uid, ' ');
	if (port == NULL)
		return BROKER_REQUEST_GONE;
	*port++ = '\0';
	if (!valid_uid(a->uid) || parse_port(port, &a->port, &ignored) == -1)
		return BROKER_REQUEST_GONE;
	return BROKER_REQUEST_CHANNEL;
}

static enum broker_request_type complete(struct broker_request *a)
{
	enum broker_request_type type = BROKER_REQUEST_GONE;

	a->line[a->len - 1] = '\0';
	if (memchr(a->line, '\0', a->len) == a->line + a->len - 1)
		type = understand(a);
	if (type == BROKER_REQUEST_GONE) {
		struct error err = ERROR_INIT;

		error_set(&err, ERROR_USAGE,
		          "the gateway's broker does not understand the request");
		broker_request_reply_error(a, &err);
	}
	return type;
}

enum broker_request_type broker_request_read(struct broker_request *a)
{
	ssize_t n;

	if (a->type == BROKER_REQUEST_GONE)
		return BROKER_REQUEST_GONE;
	n = recv(a->fd, a->line + a->len, sizeof(a->line) - a->len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return a->type;
	/* Nobody has anything to say after the request. */
	if (n <= 0 || a->type != BROKER_REQUEST_READING) {
		a->type = BROKER_REQUEST_GONE;
		return BROKER_REQUEST_GONE;
	}
	a->len += (size_t)n;
	if (a->line[a->len - 1] == '\n')
		a->type = complete(a);
	else if (a->len == sizeof(a->line))
		a->type = BROKER_REQUEST_GONE;
	return a->type;
}

const char *broker_request_uid(const struct broker_request *a)
{
	return a->uid;
}

uint16_t broker_request_port(const struct broker_request *a)
{
	return a->port;
}

void broker_request_reply(struct broker_request *a, const char *text, int fd)
{
	char line[BROKER_LINE_MAX];
	struct iovec piece = { .iov_base = line };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct msghdr msg = { .msg_iov = &piece, .msg_iovlen = 1 };

	(void)snprintf(line, sizeof(line) - 1, "%s", text);
	piece.iov_len = strlen(line) + 1;
	line[piece.iov_len - 1] = '\n';
	if (fd != -1) {
		struct cmsghdr *header;

		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		header = CMSG_FIRSTHDR(&msg);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	/* It is the first thing on this socket, so there is room; or nobody is left. */
	(void)sendmsg(a->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void broker_request_reply_error(struct broker_request *a, const struct error *why)
{
	char text[BROKER_LINE_MAX];
	char printable[BROKER_LINE_MAX];

	(void)snprintf(text, sizeof(text), "error %d %s", error_exit_status(why->code),
	               why->text);
	broker_request_reply(a, printable_text(text, printable, sizeof(printable) - 1),
	                     -1);
}
