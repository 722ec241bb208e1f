/* SPDX-License-Identifier: MIT */
/*
 * The broker's protocol, both sides of it, over a real socket: broker/brokerrequest reads
 * requests, broker/client reads replies.
 *
 * Input: a first byte, and bytes.  'a' to 'z': a request in pieces of so many bytes ('a':
 * all at once).  '0' to '3': a reply with so many descriptors.
 */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "broker/brokerrequest.h"
#include "broker/client.h"
#include "fuzz.h"

/* The number of open descriptors: another one afterwards is a leak. */
static int open_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 64; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

/* Send data in pieces; what the broker reads. */
static enum broker_request_type send_request(struct broker_request *a, int peer,
                                             const uint8_t *data, size_t size,
                                             size_t piece)
{
	enum broker_request_type type = broker_request_read(a);

	require(type == BROKER_REQUEST_READING);
	while (size > 0) {
		size_t n = piece == 0 || piece > size ? size : piece;

		if (send(peer, data, n, MSG_NOSIGNAL) != (ssize_t)n)
			break;
		type = broker_request_read(a);
		data += n;
		size -= n;
	}
	return type;
}

/* A reply "ok" with a descriptor arrives whole. */
static void check_reply(struct broker_request *a, int peer, bool versioned)
{
	struct error err = ERROR_INIT;
	char answer[BROKER_LINE_MAX];
	int passed = -1;

	broker_request_reply(a, "ok", STDERR_FILENO);
	require(broker_read_reply(peer, deadline_in(0), answer, &passed, &err) == 1);
	require(strcmp(answer, versioned ? BROKER_PROTOCOL " ok" : "ok") == 0 &&
	        passed != -1);
	require((fcntl(passed, F_GETFD) & FD_CLOEXEC) != 0);
	fd_close(&passed);
}

static void run_request(const uint8_t *data, size_t size, size_t piece)
{
	int ends[2];
	int before = open_fds();
	struct broker_request *a;
	enum broker_request_type type;

	if (size > 60000)
		return;
	require(fd_socketpair(ends) == 0 && fd_nonblocking(ends[1]) == 0);
	a = broker_request_new(ends[0]);
	type = send_request(a, ends[1], data, size, piece);
	require(type == BROKER_REQUEST_READING || type == BROKER_REQUEST_GONE ||
	        memchr(data, '\n', size) != NULL);
	if (type == BROKER_REQUEST_CHANNEL) {
		require(fuzz_is_file_name(broker_request_uid(a)));
		require(broker_request_port(a) > 0);
	}
	if (type == BROKER_REQUEST_CHANNEL || type == BROKER_REQUEST_STATUS ||
	    type == BROKER_REQUEST_CLOSE) {
		require(data[size - 1] == '\n'); /* nothing behind the line */
		require(broker_request_read(a) == type);
		check_reply(a, ends[1], type == BROKER_REQUEST_CHANNEL);
	}
	broker_request_free(a);
	fd_close(&ends[1]);
	require(open_fds() == before);
}

/* Send size bytes with count descriptors. */
static void send_answer(int to, const uint8_t *data, size_t size, size_t count)
{
	struct iovec piece = { .iov_base = (void *)data, .iov_len = size };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(3 * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct msghdr msg = { .msg_iov = &piece, .msg_iovlen = 1 };
	const int fds[3] = { STDERR_FILENO, STDERR_FILENO, STDERR_FILENO };

	if (count > 0) {
		struct cmsghdr *header;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&msg);
		require(header != NULL);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	require(sendmsg(to, &msg, MSG_NOSIGNAL) == (ssize_t)size);
}

static void run_answer(const uint8_t *data, size_t size, size_t fds)
{
	struct error err = ERROR_INIT;
	char answer[BROKER_LINE_MAX];
	int before = open_fds();
	int passed;
	int ends[2];
	int rc;

	if (size == 0 || size > 60000)
		return;
	require(fd_socketpair(ends) == 0);
	send_answer(ends[1], data, size, fds);
	require(shutdown(ends[1], SHUT_WR) == 0);
	rc = broker_read_reply(ends[0], deadline_in(10000), answer, &passed, &err);
	require(rc == BROKER_ABSENT || rc == BROKER_ANSWERED);
	if (rc == BROKER_ANSWERED) {
		const char *text = broker_reply_text(answer);

		require(strlen(answer) < BROKER_LINE_MAX - 1);
		require(broker_parse_error_reply(text != NULL ? text : answer, &err) ==
		        -1);
		require(err.code != ERROR_NONE); /* an error is never a success */
		require(fuzz_is_printable(err.text));
	}
	fd_close(&passed);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	require(open_fds() == before);
}

void fuzz_input(const uint8_t *data, size_t size)
{
	if (size == 0)
		return;
	if (data[0] >= 'a' && data[0] <= 'z')
		run_request(data + 1, size - 1, data[0] - (size_t)'a');
	else if (data[0] >= '0' && data[0] <= '3')
		run_answer(data + 1, size - 1, data[0] - (size_t)'0');
}
