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
#include "net/fdpass.h"
#include "net/unixsock.h"

enum { REQUEST_MAX = 128 }; /* with its newline */

struct broker_request {
	int fd;
	char line[REQUEST_MAX + 1]; /* one more, to see whether bytes follow */
	size_t len;
	enum broker_request_type type;
	const char *version; /* of replies: "v1 ", or "" */
	const char *uid;     /* in line */
	uint16_t port;
};

struct broker_request *broker_request_new(int fd)
{
	struct broker_request *r = xcalloc(1, sizeof(*r));

	r->fd = fd;
	r->version = "";
	if (!unixsock_peer_is_us(fd))
		r->type = BROKER_REQUEST_GONE;
	return r;
}

void broker_request_free(struct broker_request *r)
{
	if (r == NULL)
		return;
	fd_close(&r->fd);
	free(r);
}

int broker_request_fd(const struct broker_request *r)
{
	return r->fd;
}

static int parse_channel(struct broker_request *r, char *args)
{
	struct error ignored = ERROR_INIT;
	char *port = strchr(args, ' ');

	if (port == NULL)
		return -1;
	*port++ = '\0';
	r->uid = args;
	return valid_uid(args) ? parse_port(port, &r->port, &ignored) : -1;
}

static enum broker_request_type parse_line(struct broker_request *r, struct error *err)
{
	static const char version[] = BROKER_PROTOCOL " ";
	static const char channel[] = "channel ";
	char *line = r->line;

	error_set(err, ERROR_USAGE,
	          "the gateway's broker does not understand the request");
	if (strcmp(line, "status") == 0)
		return BROKER_REQUEST_STATUS;
	if (strcmp(line, "close") == 0)
		return BROKER_REQUEST_CLOSE;
	if (strncmp(line, version, strlen(version)) == 0) {
		r->version = version;
		line += strlen(version);
		if (strncmp(line, channel, strlen(channel)) == 0 &&
		    parse_channel(r, line + strlen(channel)) == 0)
			return BROKER_REQUEST_CHANNEL;
	} else if (strstr(line, channel) != NULL) {
		error_set(err, ERROR_RETRY,
		          "the gateway's broker is of another version of cxssh, try "
		          "again");
	}
	return BROKER_REQUEST_GONE;
}

/* end: the line's newline. */
static enum broker_request_type complete(struct broker_request *r, char *end)
{
	struct error err = ERROR_INIT;
	enum broker_request_type type = BROKER_REQUEST_GONE;

	*end = '\0';
	if (end == r->line + r->len - 1 && strlen(r->line) == r->len - 1)
		type = parse_line(r, &err);
	else
		error_set(&err, ERROR_USAGE,
		          "a request to the gateway's broker is one "
		          "line, with nothing behind it");
	if (type == BROKER_REQUEST_GONE)
		broker_request_reply_error(r, &err);
	return type;
}

enum broker_request_type broker_request_read(struct broker_request *r)
{
	char *end;
	ssize_t n;

	if (r->type == BROKER_REQUEST_GONE)
		return BROKER_REQUEST_GONE;
	n = recv(r->fd, r->line + r->len, sizeof(r->line) - r->len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return r->type;
	if (n <= 0 || r->type != BROKER_REQUEST_READING) {
		r->type = BROKER_REQUEST_GONE;
		return BROKER_REQUEST_GONE;
	}
	r->len += (size_t)n;
	end = memchr(r->line, '\n', r->len);
	if (end != NULL)
		r->type = complete(r, end);
	else if (r->len >= REQUEST_MAX)
		r->type = BROKER_REQUEST_GONE;
	return r->type;
}

const char *broker_request_uid(const struct broker_request *r)
{
	return r->uid;
}

uint16_t broker_request_port(const struct broker_request *r)
{
	return r->port;
}

void broker_request_reply(struct broker_request *r, const char *text, int fd)
{
	char line[BROKER_LINE_MAX];
	size_t len;

	(void)snprintf(line, sizeof(line) - 1, "%s%s", r->version, text);
	len = strlen(line);
	line[len++] = '\n';
	/* The first line on a socket fits its buffer; else the client is gone. */
	(void)fdpass_write(r->fd, line, len, fd, MSG_DONTWAIT);
}

void broker_request_reply_error(struct broker_request *r, const struct error *why)
{
	char text[BROKER_LINE_MAX];
	char printable[BROKER_LINE_MAX];

	(void)snprintf(text, sizeof(text), "error %d %s", error_exit_status(why->code),
	               why->text);
	broker_request_reply(r, printable_text(text, printable, sizeof(printable) - 1),
	                     -1);
}
