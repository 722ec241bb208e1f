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

struct asker {
	int fd;
	char line[128];
	size_t len;
	enum asker_wish wish;
	const char *uid; /* in line */
	uint16_t port;
};

struct asker *asker_new(int fd)
{
	struct asker *a = xcalloc(1, sizeof(*a));

	a->fd = fd;
	if (!unixsock_peer_is_us(fd))
		a->wish = ASKER_GONE;
	return a;
}

void asker_free(struct asker *a)
{
	if (a == NULL)
		return;
	fd_close(&a->fd);
	free(a);
}

int asker_fd(const struct asker *a)
{
	return a->fd;
}

static enum asker_wish understand(struct asker *a)
{
	static const char channel[] = "channel ";
	struct error ignored = ERROR_INIT;
	char *port;

	if (strcmp(a->line, "status") == 0)
		return ASKER_STATUS;
	if (strcmp(a->line, "close") == 0)
		return ASKER_CLOSE;
	if (strncmp(a->line, channel, strlen(channel)) != 0)
		return ASKER_GONE;
	a->uid = a->line + strlen(channel);
	port = strchr(a->uid, ' ');
	if (port == NULL)
		return ASKER_GONE;
	*port++ = '\0';
	if (!allow_uid(a->uid) || parse_port(port, &a->port, &ignored) == -1)
		return ASKER_GONE;
	return ASKER_CHANNEL;
}

static enum asker_wish complete(struct asker *a)
{
	enum asker_wish wish = ASKER_GONE;

	a->line[a->len - 1] = '\0';
	if (memchr(a->line, '\0', a->len) == a->line + a->len - 1)
		wish = understand(a);
	if (wish == ASKER_GONE) {
		struct error err = ERROR_INIT;

		error_set(&err, ERROR_USAGE,
		          "the gateway's broker does not understand the request");
		asker_refuse(a, &err);
	}
	return wish;
}

enum asker_wish asker_read(struct asker *a)
{
	ssize_t n;

	if (a->wish == ASKER_GONE)
		return ASKER_GONE;
	n = recv(a->fd, a->line + a->len, sizeof(a->line) - a->len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return a->wish;
	/* Nobody has anything to say after the request. */
	if (n <= 0 || a->wish != ASKER_READING) {
		a->wish = ASKER_GONE;
		return ASKER_GONE;
	}
	a->len += (size_t)n;
	if (a->line[a->len - 1] == '\n')
		a->wish = complete(a);
	else if (a->len == sizeof(a->line))
		a->wish = ASKER_GONE;
	return a->wish;
}

const char *asker_uid(const struct asker *a)
{
	return a->uid;
}

uint16_t asker_port(const struct asker *a)
{
	return a->port;
}

void asker_answer(struct asker *a, const char *text, int fd)
{
	char line[CHANNEL_LINE];
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

void asker_refuse(struct asker *a, const struct error *why)
{
	char text[CHANNEL_LINE];
	char printable[CHANNEL_LINE];

	(void)snprintf(text, sizeof(text), "error %d %s", error_exit_status(why->code),
	               why->text);
	asker_answer(a, allow_printable(text, printable, sizeof(printable) - 1), -1);
}
