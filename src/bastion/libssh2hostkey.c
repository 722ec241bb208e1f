/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <string.h>

#include <libssh2.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "bastion/libssh2hostkey.h"
#include "bastion/libssh2session.h"
#include "net/netbuf.h"

/* Send and receive once, waiting at most until the deadline. */
static void move_bytes(struct netbuf *n, struct deadline until)
{
	struct pollfd pfd = { .fd = n->fd };

	(void)netbuf_flush(n);
	pfd.events = netbuf_events(n);
	if (pfd.events != 0)
		(void)poll(&pfd, 1, deadline_left(until));
	(void)netbuf_fill(n);
}

/*
 * Has libssh2 sent SSH_MSG_NEWKEYS?  It does so once it has verified the server's
 * signature (RFC 4253, 7.3 and 8).  Until then packets are plain: length (4 bytes),
 * padding length, type; the banner comes before them.
 */
static bool is_verified(const struct netbuf *n)
{
	enum { BANNER_END = '\n', HEAD = 6, NEWKEYS = 21 };
	const unsigned char *at = (const unsigned char *)n->out.data;
	const unsigned char *end = at + n->out.len;

	if (end - at > 4 && memcmp(at, "SSH-", 4) == 0) {
		at = memchr(at, BANNER_END, (size_t)(end - at));
		at = at != NULL ? at + 1 : end;
	}
	while (end - at >= HEAD) {
		size_t len = (size_t)at[0] << 24 | (size_t)at[1] << 16 |
		             (size_t)at[2] << 8 | at[3];

		if (at[5] == NEWKEYS)
			return true;
		if (len > (size_t)(end - at) - 4)
			return false;
		at += 4 + len;
	}
	return false;
}

static bool is_unable(const struct netbuf *n, int rc)
{
	return rc == LIBSSH2_ERROR_KEX_FAILURE ||
	       (!netbuf_is_over(n) && (rc == LIBSSH2_ERROR_METHOD_NONE ||
	                               rc == LIBSSH2_ERROR_METHOD_NOT_SUPPORTED));
}

static int no_host_key(LIBSSH2_SESSION *session, const struct netbuf *n,
                       const struct libssh2session_start *start, int rc,
                       struct error *err)
{
	enum error_code code;
	const char *reason =
		libssh2session_no_banner(session, start, netbuf_is_over(n), &code);

	if (rc == LIBSSH2_ERROR_EAGAIN && !libssh2session_is_foreign(start))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the server does not show its host key in time");
	if (reason != NULL)
		return error_set(err, code, "the server shows no host key: %s", reason);
	if (is_unable(n, rc)) {
		error_set(err, ERROR_UNAVAILABLE,
		          "the server has no host key or cipher that libssh2 %s knows",
		          libssh2_version(0));
		return LIBSSH2HOSTKEY_UNABLE;
	}
	/* 1.10 gives this error for a wrong signature. */
	if (rc == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE && !netbuf_is_over(n))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the server does not prove that the host key it "
		                 "shows is its own");
	error_set(err, ERROR_UNAVAILABLE, "the server shows no host key: %s",
	          libssh2session_reason(rc));
	return libssh2session_left_early(start, netbuf_is_over(n)) ?
	               LIBSSH2HOSTKEY_UNABLE :
	               -1;
}

/* Disconnect without waiting, and free the session. */
static void disconnect(LIBSSH2_SESSION *session, struct netbuf *n)
{
	if (!netbuf_is_over(n)) {
		(void)libssh2_session_disconnect(session, "done");
		(void)netbuf_flush(n);
	}
	n->shut = true; /* so libssh2 returns no EAGAIN any more */
	(void)libssh2_session_free(session);
}

int libssh2hostkey_learn(int fd, const struct strvec *prefer, struct strbuf *blob,
                         struct deadline until, struct error *err)
{
	struct libssh2session_start start = { .len = 0 };
	struct netbuf netbuf;
	LIBSSH2_SESSION *session;
	const char *key = NULL;
	size_t len;
	int type;
	int rc;
	int result = 0;

	netbuf_open(&netbuf, fd);
	session = libssh2session_new(&netbuf, prefer, true);
	while ((rc = libssh2_session_handshake(session, fd)) == LIBSSH2_ERROR_EAGAIN &&
	       !is_verified(&netbuf) && !libssh2session_is_foreign(&start) &&
	       !deadline_passed(until)) {
		move_bytes(&netbuf, until);
		libssh2session_note_start(&start, &netbuf);
	}
	if (rc == 0 || (rc == LIBSSH2_ERROR_EAGAIN && is_verified(&netbuf)))
		key = libssh2_session_hostkey(session, &len, &type);
	if (key != NULL)
		strbuf_add(blob, key, len);
	else
		result = no_host_key(session, &netbuf, &start, rc, err);
	disconnect(session, &netbuf);
	netbuf.fd = -1; /* the caller's */
	netbuf_close(&netbuf);
	return result;
}
