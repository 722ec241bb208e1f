/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "bastion/opensshmux.h"
#include "bastion/stream.h"
#include "net/fdpass.h"
#include "net/pollset.h"
#include "net/unixsock.h"

enum {
	MUX_HELLO = 1,
	MUX_VERSION = 4,
	TERMINATE = 0x10000005,
	NEW_STDIO_FWD = 0x10000008,
	SESSION_OPENED = 0x80000006 - 0x80000000, /* without the high bit of replies */
	ANSWER_MAX = 4096,
};

/* Until the reply a request, then a stream. */
struct opensshmux {
	struct stream stream; /* first: cast to and from */
	int control;
	int up;   /* ssh reads from it; -1: end of file was sent */
	int down; /* ssh writes to it */
	struct strbuf answer;
	const struct pollset *set; /* of the last poll */
	size_t slot;
};

/* Hello and request at once, then the two descriptors: the socket has room for them. */
static bool send_request(const struct opensshmux *m, const char *host, uint16_t port,
                         int in, int out)
{
	struct strbuf hello = STRBUF_INIT;
	struct strbuf request = STRBUF_INIT;
	struct strbuf all = STRBUF_INIT;
	bool sent;

	sshbuf_put_u32(&hello, MUX_HELLO);
	sshbuf_put_u32(&hello, MUX_VERSION);
	sshbuf_put_u32(&request, NEW_STDIO_FWD);
	sshbuf_put_u32(&request, 1);
	sshbuf_put_cstring(&request, ""); /* reserved */
	sshbuf_put_cstring(&request, host);
	sshbuf_put_u32(&request, port);
	sshbuf_put_string(&all, hello.data, hello.len);
	sshbuf_put_string(&all, request.data, request.len);
	sent = fdpass_write(m->control, all.data, all.len, -1, 0) == (ssize_t)all.len &&
	       fdpass_write(m->control, "", 1, in, 0) == 1 &&
	       fdpass_write(m->control, "", 1, out, 0) == 1;
	strbuf_release(&all);
	strbuf_release(&request);
	strbuf_release(&hello);
	return sent;
}

int opensshmux_connect(const char *path)
{
	struct sockaddr_un address;
	struct error ignored = ERROR_INIT;

	return unixsock_address(path, &address, &ignored) == -1 ?
	               -1 :
	               unixsock_connect(&address);
}

bool opensshmux_terminate(const char *path, struct deadline until)
{
	struct strbuf all = STRBUF_INIT;
	char block[512];
	int fd = opensshmux_connect(path);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	if (fd == -1)
		return false;
	sshbuf_put_u32(&all, 8);
	sshbuf_put_u32(&all, MUX_HELLO);
	sshbuf_put_u32(&all, MUX_VERSION);
	sshbuf_put_u32(&all, 8);
	sshbuf_put_u32(&all, TERMINATE);
	sshbuf_put_u32(&all, 1);
	(void)fdpass_write(fd, all.data, all.len, -1, 0);
	while (poll(&pfd, 1, deadline_left(until)) > 0 &&
	       recv(fd, block, sizeof(block), 0) > 0)
		;
	strbuf_release(&all);
	fd_close(&fd);
	return true;
}

struct opensshmux *opensshmux_request(const char *path, const char *host, uint16_t port,
                                      struct error *err)
{
	struct opensshmux *m = xcalloc(1, sizeof(*m));
	int in[2] = { -1, -1 };
	int out[2] = { -1, -1 };
	bool sent;

	m->answer = (struct strbuf)STRBUF_INIT;
	m->control = opensshmux_connect(path);
	sent = m->control != -1 && fd_pipe(in) == 0 && fd_pipe(out) == 0 &&
	       fd_nonblocking(in[1]) == 0 && fd_nonblocking(out[0]) == 0;
	m->up = in[1];
	m->down = out[0];
	sent = sent && send_request(m, host, port, in[0], out[1]);
	fd_close(&in[0]);
	fd_close(&out[1]);
	if (sent)
		return m;
	error_set(err, ERROR_UNAVAILABLE, "ssh does not take the request");
	opensshmux_free(m);
	return NULL;
}

void opensshmux_poll(const struct opensshmux *m, struct pollset *set)
{
	(void)pollset_add(set, m->control, POLLIN);
}

void opensshmux_free(struct opensshmux *m)
{
	if (m == NULL)
		return;
	fd_close(&m->control);
	fd_close(&m->up);
	fd_close(&m->down);
	strbuf_release(&m->answer);
	free(m);
}

static ssize_t pipe_read(struct stream *s, void *buf, size_t cap)
{
	struct opensshmux *m = (struct opensshmux *)s;
	ssize_t n;

	if (m->set != NULL && pollset_got(m->set, m->slot) == 0)
		return STREAM_AGAIN;
	n = read(m->down, buf, cap);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? STREAM_AGAIN : STREAM_FAIL;
	return n;
}

static ssize_t pipe_write(struct stream *s, const void *buf, size_t len)
{
	struct opensshmux *m = (struct opensshmux *)s;
	ssize_t n = write(m->up, buf, len);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? STREAM_AGAIN : STREAM_FAIL;
	return n;
}

static bool pipe_writable(const struct stream *s)
{
	return ((const struct opensshmux *)s)->up != -1;
}

static int pipe_finish(struct stream *s)
{
	fd_close(&((struct opensshmux *)s)->up);
	return 0;
}

static void pipe_poll(struct stream *s, struct pollset *set, bool reading, bool writing)
{
	struct opensshmux *m = (struct opensshmux *)s;

	m->set = set;
	m->slot = pollset_add(set, reading ? m->down : -1, POLLIN);
	if (writing)
		(void)pollset_add(set, m->up, POLLOUT);
}

static bool pipe_close(struct stream *s)
{
	opensshmux_free((struct opensshmux *)s);
	return true;
}

/* Remove the first whole message; its type, without the high bit. */
static bool next_message(struct opensshmux *m, uint32_t *type)
{
	struct sshbuf p = { .at = (const unsigned char *)m->answer.data,
		            .left = m->answer.len };
	struct sshbuf message;
	struct strbuf rest = STRBUF_INIT;

	if (!sshbuf_get_string(&p, &message) || !sshbuf_get_u32(&message, type))
		return false;
	*type &= 0x7fffffff;
	strbuf_add(&rest, p.at, p.left);
	strbuf_release(&m->answer);
	m->answer = rest;
	return true;
}

enum transport_result opensshmux_step(struct opensshmux *m, struct stream **stream,
                                      struct error *err)
{
	static const struct stream_ops ops = {
		.read = pipe_read,
		.write = pipe_write,
		.writable = pipe_writable,
		.finish = pipe_finish,
		.poll = pipe_poll,
		.close = pipe_close,
	};
	char block[512];
	uint32_t type;
	ssize_t n = recv(m->control, block, sizeof(block), 0);

	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return 0;
	if (n <= 0 || m->answer.len > ANSWER_MAX)
		return error_set(err, ERROR_UNAVAILABLE, "ssh sends no reply");
	strbuf_add(&m->answer, block, (size_t)n);
	while (next_message(m, &type)) {
		if (type == MUX_HELLO)
			continue;
		if (type != SESSION_OPENED)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "nothing listens there, or it is down");
		m->stream.ops = &ops;
		*stream = &m->stream;
		return 1;
	}
	return 0;
}
