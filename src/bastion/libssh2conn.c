/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libssh2.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/strvec.h"
#include "bastion/bastionkey.h"
#include "bastion/libssh2channel.h"
#include "bastion/libssh2conn.h"
#include "bastion/libssh2flaws.h"
#include "bastion/libssh2memory.h"
#include "bastion/libssh2session.h"
#include "keys/authkeys.h"
#include "net/netbuf.h"
#include "runtime/log.h"

enum { KEEPALIVE_S = 2 /* between probes: the least that libssh2 takes */ };

struct libssh2conn {
	struct netbuf netbuf;
	struct libssh2conn_config config;
	LIBSSH2_SESSION *session; /* NULL until the known types of key are there */
	enum {
		CONNECTED,
		ASKING_TYPES,
		HANDSHAKE,
		CHECKING_KEY,
		LOGGING_IN,
		LOGGED_IN
	} stage;
	struct bastionkey host_key;
	struct libssh2session_start start;
	struct strbuf offer; /* the public key that is offered; empty: the next one */
	enum unable unable;
	bool known_by_rsa;
	bool closed;
	size_t channel_count;
	struct authkeys_try attempt; /* which key that is, and how it is offered */
	struct libssh2channel_session channels;
	struct libssh2conn *self; /* sign() gets its address */
};

static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(sign)
{
	struct libssh2conn *b = *abstract;
	struct strbuf request = STRBUF_INIT;
	struct strbuf signature = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int rc;

	(void)session;
	strbuf_add(&request, data, data_len);
	rc = authkeys_sign(b->config.keys, &b->attempt, &request, &signature, &err);
	if (rc == AUTHKEYS_SIGNED) {
		/* libssh2 frees it with the session's allocator. */
		*sig = libssh2memory_alloc(signature.len, NULL);
		if (*sig == NULL)
			mem_exhausted();
		memcpy(*sig, signature.data, signature.len);
		*sig_len = signature.len;
	} else if (rc == AUTHKEYS_PENDING) {
		rc = LIBSSH2_ERROR_EAGAIN; /* libssh2 calls again */
	} else {
		/* The agent may ask for the host (ssh-add -h), which only ssh tells. */
		log_step("gateway %s: %s", b->config.address, err.text);
		b->unable = UNABLE;
	}
	strbuf_release(&signature);
	strbuf_release(&request);
	return rc;
}

/* Is the host known by RSA keys alone?  libssh2 1.10 cannot ask for them (rsa-sha2). */
static bool is_rsa_only(const struct strvec *types)
{
	for (size_t i = 0; i < types->count; i++) {
		if (strcmp(types->items[i], "ssh-rsa") != 0)
			return false;
	}
	return types->count > 0;
}

struct libssh2conn *libssh2conn_new(int fd, const struct libssh2conn_config *config)
{
	struct libssh2conn *b = xcalloc(1, sizeof(*b));

	b->self = b;
	b->config = *config;
	b->offer = (struct strbuf)STRBUF_INIT;
	b->host_key = (struct bastionkey)BASTIONKEY_INIT(config->ask_bastionkey);
	netbuf_open(&b->netbuf, fd);
	return b;
}

void libssh2conn_abandon(struct libssh2conn *b)
{
	if (b->session != NULL && !libssh2conn_is_closed(b)) {
		(void)libssh2_session_disconnect(b->session, "done");
		(void)netbuf_flush(&b->netbuf);
	}
	b->closed = true;
	b->netbuf.shut = true; /* so libssh2 returns no EAGAIN any more */
}

void libssh2conn_free(struct libssh2conn *b)
{
	if (b == NULL)
		return;
	libssh2conn_abandon(b);
	if (b->session != NULL)
		(void)libssh2_session_free(b->session);
	netbuf_close(&b->netbuf);
	bastionkey_release(&b->host_key);
	strbuf_release(&b->offer);
	free(b);
}

static int handshake_failed(struct libssh2conn *b, int rc, struct error *err)
{
	enum error_code code;
	const char *reason = libssh2session_no_banner(b->session, &b->start,
	                                              libssh2conn_is_closed(b), &code);

	if (reason != NULL)
		return error_set(err, code, "gateway %s: %s", b->config.address, reason);
	if (rc == LIBSSH2_ERROR_SOCKET_NONE && libssh2conn_is_closed(b))
		rc = LIBSSH2_ERROR_SOCKET_DISCONNECT;
	switch (rc) {
	case LIBSSH2_ERROR_SOCKET_NONE: /* 1.10: a banner of over 255 characters */
	case LIBSSH2_ERROR_KEX_FAILURE:
	case LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
	case LIBSSH2_ERROR_METHOD_NONE:
		if (rc == LIBSSH2_ERROR_KEX_FAILURE || !b->netbuf.ended)
			b->unable = UNABLE;
		return error_set(err, ERROR_UNAVAILABLE,
		                 "no common way to encrypt with gateway %s (libssh2 %s)",
		                 b->config.address, libssh2_version(0));
	default:
		if (libssh2session_left_early(&b->start, libssh2conn_is_closed(b)))
			b->unable = MAYBE_UNABLE;
		return error_set(err, ERROR_UNAVAILABLE,
		                 "gateway %s: no SSH handshake: %s", b->config.address,
		                 libssh2session_reason(rc));
	}
}

static bool has_gone(const struct libssh2conn *b)
{
	return b->netbuf.ended || libssh2conn_is_closed(b);
}

static enum transport_result start_session(struct libssh2conn *b)
{
	struct strvec known = STRVEC_INIT;
	struct error ignored = ERROR_INIT;
	enum transport_result rc = bastionkey_step(&b->host_key, &known, &ignored);

	/* What a bastion sent before it hung up is read all the same. */
	if (rc != TRANSPORT_PENDING || has_gone(b)) {
		b->known_by_rsa = is_rsa_only(&known);
		b->session = libssh2session_new(&b->netbuf, &known, false);
		b->channels =
			(struct libssh2channel_session){ .session = b->session,
			                                 .netbuf = &b->netbuf,
			                                 .closed = &b->closed,
			                                 .channels = &b->channel_count };
		libssh2_keepalive_config(b->session, 1, KEEPALIVE_S);
		b->stage = HANDSHAKE;
		rc = TRANSPORT_DONE;
	}
	strvec_release(&known);
	return rc;
}

static enum transport_result ask_about_key(struct libssh2conn *b, struct error *err)
{
	size_t len;
	int type;
	const char *key = libssh2_session_hostkey(b->session, &len, &type);

	if (key == NULL)
		return error_set(err, ERROR_TRUST, "gateway %s shows no host key",
		                 b->config.address);
	if (type != LIBSSH2_HOSTKEY_TYPE_RSA && b->known_by_rsa) {
		/* ssh asks for the known key, and checks it as strictly. */
		b->unable = UNABLE;
		return error_set(err, ERROR_UNAVAILABLE,
		                 "gateway %s is known by an RSA host key (libssh2 %s)",
		                 b->config.address, libssh2_version(0));
	}
	bastionkey_start_check(&b->host_key, b->config.address,
	                       (const unsigned char *)key, len);
	b->stage = CHECKING_KEY;
	return TRANSPORT_DONE;
}

/* Does the server call itself OpenSSH 7.2 or later? */
static bool takes_rsa_sha2(LIBSSH2_SESSION *session)
{
	const char *banner = libssh2_session_banner_get(session);
	const char *name = banner != NULL ? strstr(banner, "OpenSSH_") : NULL;
	char *end;
	long major;

	if (name == NULL)
		return false;
	major = strtol(name + strlen("OpenSSH_"), &end, 10);
	return major > 7 || (major == 7 && *end == '.' && strtol(end + 1, NULL, 10) >= 2);
}

static enum transport_result shake_hands(struct libssh2conn *b, struct error *err)
{
	int rc;

	libssh2session_note_start(&b->start, &b->netbuf);
	rc = libssh2_session_handshake(b->session, b->netbuf.fd);
	if (rc == LIBSSH2_ERROR_EAGAIN && !libssh2session_is_foreign(&b->start))
		return TRANSPORT_PENDING;
	return rc != 0 ? handshake_failed(b, rc, err) : ask_about_key(b, err);
}

/* While something else is waited for, libssh2 does not read that the peer has gone. */
static enum transport_result pending_unless_lost(const struct libssh2conn *b,
                                                 struct error *err)
{
	return has_gone(b) ?
	               error_set(err, ERROR_UNAVAILABLE,
	                         "gateway %s ended the connection", b->config.address) :
	               TRANSPORT_PENDING;
}

static enum transport_result check_host_key(struct libssh2conn *b, struct error *err)
{
	enum transport_result rc = bastionkey_step(&b->host_key, NULL, err);

	if (rc == TRANSPORT_PENDING)
		return pending_unless_lost(b, err);
	if (rc == TRANSPORT_DONE) {
		/* A flawed libssh2 never gets a key of type ssh-rsa, whatever the banner
		 * says. */
		b->attempt.modern = takes_rsa_sha2(b->session) ||
		                    (libssh2session_flaws() & LIBSSH2FLAWS_RSA) != 0;
		b->stage = LOGGING_IN;
	}
	return rc;
}

static int key_refused(struct libssh2conn *b, struct error *err)
{
	if (authkeys_skipped(b->config.keys))
		b->unable = UNABLE;
	error_set(err, ERROR_DENIED, "gateway %s does not let %s in with %s",
	          b->config.address, b->config.user,
	          authkeys_display_name(b->config.keys));
	return error_hint(err, "cxssh gateway key %s FILE", b->config.address);
}

/* All keys were tried.  After one that was taken, the bastion's list of methods has only
 * what is still missing (RFC 4252, 5.1). */
static enum transport_result no_key_left(struct libssh2conn *b, struct error *err)
{
	const char *methods = libssh2_userauth_list(b->session, b->config.user,
	                                            (unsigned int)strlen(b->config.user));

	if (methods == NULL &&
	    libssh2_session_last_errno(b->session) == LIBSSH2_ERROR_EAGAIN)
		return TRANSPORT_PENDING;
	if (methods == NULL || strstr(methods, "publickey") != NULL)
		return key_refused(b, err);
	b->unable = UNABLE;
	error_set(err, ERROR_DENIED, "gateway %s asks for a second factor",
	          b->config.address);
	return error_hint(err, "cxssh gateway login %s", b->config.address);
}

/* The next key to offer.  One that libssh2 may not be given is left to OpenSSH. */
static bool next_offer(struct libssh2conn *b)
{
	while (authkeys_offer(b->config.keys, &b->attempt, &b->offer)) {
		if (libssh2flaws_allow_key(libssh2session_flaws(), b->offer.data,
		                           b->offer.len))
			return true;
		log_step("gateway %s: libssh2 %s gets no ssh-rsa key", b->config.address,
		         libssh2_version(0));
		b->unable = UNABLE;
		b->attempt.attempt++;
	}
	return false;
}

static int log_in(struct libssh2conn *b, struct error *err)
{
	for (;;) {
		int rc;

		if (b->offer.len == 0 && !next_offer(b))
			return no_key_left(b, err);
		rc = libssh2_userauth_publickey(b->session, b->config.user,
		                                (const unsigned char *)b->offer.data,
		                                b->offer.len, sign, (void **)&b->self);
		if (rc == LIBSSH2_ERROR_EAGAIN)
			return pending_unless_lost(b, err);
		if (rc == 0) {
			b->stage = LOGGED_IN;
			return 1;
		}
		if (rc != LIBSSH2_ERROR_AUTHENTICATION_FAILED &&
		    rc != LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED) {
			key_refused(b, err);
			return error_prefix(err, "gateway %s ended the login: %s",
			                    b->config.address, libssh2session_reason(rc));
		}
		b->attempt.attempt++;
		strbuf_clear(&b->offer);
	}
}

enum transport_result libssh2conn_login(struct libssh2conn *b, struct error *err)
{
	int rc = TRANSPORT_DONE;

	if (b->stage == CONNECTED) {
		bastionkey_start_types(&b->host_key, b->config.address);
		b->stage = ASKING_TYPES;
	}
	if (b->stage == ASKING_TYPES)
		rc = start_session(b);
	if (rc == TRANSPORT_DONE && b->stage == HANDSHAKE)
		rc = shake_hands(b, err);
	if (rc == TRANSPORT_DONE && b->stage == CHECKING_KEY)
		rc = check_host_key(b, err);
	if (rc == TRANSPORT_DONE && b->stage == LOGGING_IN)
		rc = log_in(b, err);
	return rc;
}

int libssh2conn_waits_for(const struct libssh2conn *b)
{
	return b->host_key.fd;
}

enum unable libssh2conn_unable(const struct libssh2conn *b)
{
	return b->unable;
}

enum transport_result libssh2conn_open_channel(struct libssh2conn *b, const char *host,
                                               uint16_t port, struct stream **stream,
                                               struct error *err)
{
	return libssh2channel_open(&b->channels, host, port, stream, err);
}

struct netbuf *libssh2conn_netbuf(struct libssh2conn *b)
{
	return &b->netbuf;
}

void libssh2conn_probe(struct libssh2conn *b)
{
	int next;

	if (libssh2channel_is_fatal(libssh2_keepalive_send(b->session, &next)))
		b->closed = true;
}

enum transport_result libssh2conn_drain(struct libssh2conn *b)
{
	return libssh2channel_drain(&b->channels);
}

bool libssh2conn_is_closed(const struct libssh2conn *b)
{
	return b->closed || netbuf_is_over(&b->netbuf);
}

const char *libssh2conn_version(void)
{
	static char text[64];

	(void)snprintf(text, sizeof(text), "libssh2/%s", libssh2_version(0));
	return text;
}
