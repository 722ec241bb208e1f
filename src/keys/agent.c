/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/sshbuf.h"
#include "base/strbuf.h"
#include "keys/agent.h"

enum {
	SUCCESS = 6,
	REQUEST_IDENTITIES = 11,
	IDENTITIES_ANSWER = 12,
	SIGN_REQUEST = 13,
	SIGN_RESPONSE = 14,
	REMOVE_IDENTITY = 18,
	ADD_ID_CONSTRAINED = 25,
	CONSTRAIN_LIFETIME = 1,
	ANSWER_MAX = 256 * 1024, /* as in OpenSSH */
	KEYS_MAX = 2048,
	OPEN_MS = 1000, /* for the agent to accept, tried every AGAIN_MS */
	AGAIN_MS = 20,
};

/* A blocking connect(2) waits without end for an agent whose queue is full, so try again
 * for a while without blocking. */
static int connect_to(int fd, const struct sockaddr_un *where)
{
	struct deadline until = deadline_in(OPEN_MS);

	if (fd_nonblocking(fd) == -1)
		return -1;
	while (connect(fd, (const struct sockaddr *)where, sizeof(*where)) == -1) {
		if ((errno != EAGAIN && errno != EINTR) || deadline_passed(until))
			return -1;
		deadline_sleep(until, AGAIN_MS);
	}
	return 0;
}

const char *agent_socket(const char *path)
{
	if (path == NULL)
		path = getenv("SSH_AUTH_SOCK");
	return path != NULL ? path : "";
}

int agent_open(const char *path, struct error *err)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	size_t len;
	int fd;

	path = agent_socket(path);
	len = strlen(path);
	if (len == 0)
		return error_set(err, ERROR_UNAVAILABLE, "there is no ssh-agent");
	if (len >= sizeof(where.sun_path))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the path of ssh-agent's socket is too long");
	memcpy(where.sun_path, path, len + 1);
	fd = fd_socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd == -1)
		return error_errno(err, ERROR_INTERNAL, "socket");
	if (connect_to(fd, &where) == -1) {
		fd_close(&fd);
		return error_set(err, ERROR_UNAVAILABLE, "ssh-agent does not answer (%s)",
		                 path);
	}
	return fd;
}

/* Append the blobs of an answer; the number of them, or -1. */
static int parse_list(struct sshbuf answer, struct strbuf *blobs, struct error *err)
{
	unsigned char type;
	uint32_t count;

	if (!sshbuf_get_u8(&answer, &type) || type != IDENTITIES_ANSWER ||
	    !sshbuf_get_u32(&answer, &count) || count > KEYS_MAX)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "ssh-agent does not say which keys it has");
	for (uint32_t i = 0; i < count; i++) {
		struct sshbuf blob;
		struct sshbuf comment;

		if (!sshbuf_get_string(&answer, &blob) ||
		    !sshbuf_get_string(&answer, &comment))
			return error_set(err, ERROR_UNAVAILABLE,
			                 "ssh-agent answers nonsense");
		sshbuf_put_string(blobs, blob.at, blob.left);
	}
	return (int)count;
}

/* Send the request and release it.  It is a few KB and fits into the buffer of the
 * socket. */
static int send_request(int fd, struct strbuf *request, struct error *err)
{
	struct strbuf framed = STRBUF_SECRET; /* a key may be in it */
	ssize_t n;
	size_t len;

	sshbuf_put_string(&framed, request->data, request->len);
	n = send(fd, framed.data, framed.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	len = framed.len;
	strbuf_release(&framed);
	strbuf_release(request);
	return n == (ssize_t)len ? 0 :
	                           error_set(err, ERROR_UNAVAILABLE, "ssh-agent hung up");
}

/* Read more into partial: 1 when *answer is whole, within partial; 0: poll for input. */
static int read_answer(int fd, struct strbuf *partial, struct sshbuf *answer,
                       struct error *err)
{
	for (;;) {
		struct sshbuf p = sshbuf_of(partial);
		char block[4096];
		uint32_t len = 0;
		ssize_t n;

		if (sshbuf_get_u32(&p, &len) && (len == 0 || len > ANSWER_MAX))
			break;
		if (len > 0 && p.left >= len) {
			p = sshbuf_of(partial);
			if (!sshbuf_get_string(&p, answer) || p.left > 0)
				break;
			return 1;
		}
		n = recv(fd, block, sizeof(block), MSG_DONTWAIT);
		if (n == -1 &&
		    (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return 0;
		if (n <= 0)
			return error_set(err, ERROR_UNAVAILABLE, "ssh-agent hung up");
		strbuf_add(partial, block, (size_t)n);
	}
	return error_set(err, ERROR_UNAVAILABLE, "ssh-agent answers nonsense");
}

/* The same, until the deadline: 0, or -1. */
static int await_answer(int fd, struct strbuf *partial, struct sshbuf *answer,
                        struct deadline until, struct error *err)
{
	int rc;

	while ((rc = read_answer(fd, partial, answer, err)) == 0) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };

		if (poll(&pfd, 1, deadline_left(until)) == 0)
			return error_set(err, ERROR_UNAVAILABLE,
			                 "ssh-agent did not answer in time");
	}
	return rc == 1 ? 0 : -1;
}

int agent_list_start(int fd, struct error *err)
{
	struct strbuf request = STRBUF_INIT;

	sshbuf_put_u8(&request, REQUEST_IDENTITIES);
	return send_request(fd, &request, err);
}

int agent_list_step(int fd, struct strbuf *partial, struct strbuf *blobs,
                    struct error *err)
{
	struct sshbuf answer;
	int rc = read_answer(fd, partial, &answer, err);

	if (rc == 1 && parse_list(answer, blobs, err) == -1)
		rc = -1;
	return rc;
}

int agent_list(int fd, struct strbuf *blobs, struct deadline until, struct error *err)
{
	struct strbuf partial = STRBUF_INIT;
	struct sshbuf answer;
	int rc = agent_list_start(fd, err);

	if (rc == 0)
		rc = await_answer(fd, &partial, &answer, until, err);
	if (rc == 0)
		rc = parse_list(answer, blobs, err);
	strbuf_release(&partial);
	return rc;
}

int agent_sign_start(int fd, const struct agent_request *wanted, struct error *err)
{
	struct strbuf request = STRBUF_INIT;

	sshbuf_put_u8(&request, SIGN_REQUEST);
	sshbuf_put_string(&request, wanted->blob->data, wanted->blob->len);
	sshbuf_put_string(&request, wanted->data->data, wanted->data->len);
	sshbuf_put_u32(&request, wanted->flags);
	return send_request(fd, &request, err);
}

int agent_sign_step(int fd, struct strbuf *partial, struct strbuf *signature,
                    struct error *err)
{
	struct sshbuf answer;
	struct sshbuf made;
	unsigned char type;
	int rc = read_answer(fd, partial, &answer, err);

	if (rc != 1)
		return rc;
	if (!sshbuf_get_u8(&answer, &type) || type != SIGN_RESPONSE ||
	    !sshbuf_get_string(&answer, &made))
		return error_set(err, ERROR_DENIED,
		                 "ssh-agent would not sign with the key");
	strbuf_add(signature, made.at, made.left);
	return 1;
}

/* Send a request that is answered by success or failure: 1 or 0, or -1. */
static int demand(int fd, struct strbuf *request, struct deadline until,
                  struct error *err)
{
	struct strbuf partial = STRBUF_INIT;
	struct sshbuf answer;
	unsigned char type = 0;
	int rc = send_request(fd, request, err);

	if (rc == 0)
		rc = await_answer(fd, &partial, &answer, until, err);
	if (rc == 0)
		rc = sshbuf_get_u8(&answer, &type) && type == SUCCESS ? 1 : 0;
	strbuf_release(&partial);
	return rc;
}

int agent_add(int fd, const struct agent_key *key, struct deadline until,
              struct error *err)
{
	struct strbuf request = STRBUF_SECRET;
	int rc;

	sshbuf_put_u8(&request, ADD_ID_CONSTRAINED);
	strbuf_add(&request, key->private->data, key->private->len);
	sshbuf_put_cstring(&request, key->comment);
	sshbuf_put_u8(&request, CONSTRAIN_LIFETIME);
	sshbuf_put_u32(&request, key->lifetime_s);
	rc = demand(fd, &request, until, err);
	if (rc == 0)
		rc = error_set(err, ERROR_DENIED,
		               "ssh-agent does not take the key: it is locked, or takes "
		               "none "
		               "for a limited time");
	return rc == 1 ? 0 : -1;
}

int agent_remove(int fd, const struct strbuf *blob, struct deadline until,
                 struct error *err)
{
	struct strbuf request = STRBUF_INIT;

	sshbuf_put_u8(&request, REMOVE_IDENTITY);
	sshbuf_put_string(&request, blob->data, blob->len);
	return demand(fd, &request, until, err);
}
