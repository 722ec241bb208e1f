/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <string.h>

#include <libssh2.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "bastion/libssh2hostkey.h"
#include "bastion/libssh2session.h"
#include "net/netbuf.h"

/* Move bytes once more, waiting for them at most until the deadline. */
static void exchange(struct netbuf *w, struct deadline until)
{
	struct pollfd pfd = { .fd = w->fd };

	(void)netbuf_flush(w);
	pfd.events = netbuf_events(w);
	if (pfd.events != 0)
		(void)poll(&pfd, 1, deadline_left(until));
	(void)netbuf_fill(w);
}

/*
 * Has libssh2 put its SSH_MSG_NEWKEYS on the wire?  It does so when it has verified
 * the server's signature, and not before (RFC 4253, 7.3 and 8).  Until then packets
 * are plain: length, padding length, type (6); the greeting comes before them.
 */
static bool is_verified(const struct netbuf *w)
{
	enum { GREETING_END = '\n', HEAD = 6, NEWKEYS = 21 };
	const unsigned char *at = (const unsigned char *)w->out.data;
	const unsigned char *end = at + w->out.len;

	if (end - at > 4 && memcmp(at, "SSH-", 4) == 0) {
		at = memchr(at, GREETING_END, (size_t)(end - at));
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

static bool is_unable(const struct netbuf *w, int rc)
{
	return rc == LIBSSH2_ERROR_KEX_FAILURE ||
	       (!netbuf_is_over(w) && (rc == LIBSSH2_ERROR_METHOD_NONE ||
	                               rc == LIBSSH2_ERROR_METHOD_NOT_SUPPORTED));
}

static int no_host_key(LIBSSH2_SESSION *session, const struct netbuf *w, int rc,
                       struct error *err)
{
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the server does not show its host key in time");
	if (libssh2session_hung_up_at_once(session, netbuf_is_over(w), rc))
		return error_set(err, ERROR_RETRY,
		                 "too many callers there who are not logged in yet");
	if (is_unable(w, rc)) {
		error_set(err, ERROR_UNAVAILABLE,
		          "the server has no host key or cipher that libssh2 %s knows",
		          libssh2_version(0));
		return LIBSSH2HOSTKEY_UNABLE;
	}
	/* 1.10 says so of a wrong signature, too. */
	if (rc == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE && !netbuf_is_over(w))
		return error_set(err, ERROR_UNAVAILABLE,
		                 "the server does not prove that the host key it "
		                 "shows is its own");
	return error_set(err, ERROR_UNAVAILABLE, "the server shows no host key: %s",
	                 libssh2session_words(rc));
}

/* Say goodbye, as far as that goes without waiting, and free the session. */
static void leave(LIBSSH2_SESSION *session, struct netbuf *w)
{
	if (!netbuf_is_over(w)) {
		(void)libssh2_session_disconnect(session, "done");
		(void)netbuf_flush(w);
	}
	w->shut = true; /* now no function of libssh2 answers EAGAIN any more */
	(void)libssh2_session_free(session);
}

int libssh2hostkey_learn(int fd, const struct strvec *prefer, struct strbuf *blob,
                         struct deadline until, struct error *err)
{
	struct netbuf wire;
	LIBSSH2_SESSION *session;
	const char *key = NULL;
	size_t len;
	int type;
	int rc;
	int result = 0;

	netbuf_open(&wire, fd, 0);
	session = libssh2session_new(&wire, prefer, true);
	while ((rc = libssh2_session_handshake(session, fd)) == LIBSSH2_ERROR_EAGAIN &&
	       !is_verified(&wire) && !deadline_passed(until))
		exchange(&wire, until);
	if (rc == 0 || (rc == LIBSSH2_ERROR_EAGAIN && is_verified(&wire)))
		key = libssh2_session_hostkey(session, &len, &type);
	if (key != NULL)
		strbuf_add(blob, key, len);
	else
		result = no_host_key(session, &wire, rc, err);
	leave(session, &wire);
	wire.fd = -1; /* the caller's */
	netbuf_close(&wire);
	return result;
}
