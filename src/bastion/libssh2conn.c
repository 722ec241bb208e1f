#include <stdlib.h>
#include <string.h>

#include <libssh2.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "bastion/libssh2channel.h"
#include "bastion/libssh2conn.h"
#include "bastion/libssh2session.h"
#include "hostkey/verify.h"
#include "keys/authkeys.h"
#include "net/netbuf.h"
#include "runtime/log.h"

enum {
	PROBE_S = 2,     /* no two probes within; libssh2's own minimum */
	TRUST_MS = 5000, /* for others who write into our known_hosts */
};

struct bastion {
	struct wire wire;
	struct bastion_config config;
	LIBSSH2_SESSION *session;
	enum { GREETING, LOGGING_IN, LOGGED_IN } stage;
	struct strbuf offer; /* its public blob */
	bool unable;
	bool dead;
	struct loginkeys_try turn; /* which of the keys' offers it is */
	struct bastionchannel_home home;
	struct bastion *self; /* what the callback is given the address of */
};

static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(sign)
{
	struct bastion *b = *abstract;
	struct strbuf request = STRBUF_INIT;
	struct strbuf signature = STRBUF_INIT;
	struct error err = ERROR_INIT;
	int rc = -1;

	(void)session;
	strbuf_add(&request, data, data_len);
	if (loginkeys_sign(b->config.keys, &b->turn, &request, &signature, &err) == 0) {
		/* libssh2 frees it with the session's allocator, which is malloc's. */
		*sig = xcalloc(1, signature.len + 1);
		memcpy(*sig, signature.data, signature.len);
		*sig_len = signature.len;
		rc = 0;
	} else {
		/* The agent may want to know the host (ssh-add -h): ssh can tell it. */
		log_step("gateway %s: %s", b->config.address, err.text);
		b->unable = true;
	}
	strbuf_release(&signature);
	strbuf_release(&request);
	return rc;
}

static void peer_of(const char *address, struct hosttrust_peer *peer)
{
	char *name = hosttrust_gateway_name(address);

	*peer = (struct hosttrust_peer){ .address = address,
		                         .called = address,
		                         .until = deadline_in(TRUST_MS) };
	strvec_push(&peer->names, name);
	free(name);
}

struct bastion *bastion_new(int fd, const struct bastion_config *config)
{
	struct bastion *b = xcalloc(1, sizeof(*b));
	struct strvec known = STRVEC_INIT;
	struct hosttrust_peer peer;

	peer_of(config->address, &peer);
	hosttrust_types(&peer, &known);
	b->self = b;
	b->config = *config;
	b->offer = (struct strbuf)STRBUF_INIT;
	wire_open(&b->wire, fd, config->send_buffer);
	b->session = bastionsession_new(&b->wire, &known, false);
	b->home = (struct bastionchannel_home){ .session = b->session,
		                                .wire = &b->wire,
		                                .dead = &b->dead };
	libssh2_keepalive_config(b->session, 1, PROBE_S);
	strvec_release(&known);
	strvec_release(&peer.names);
	return b;
}

void bastion_abandon(struct bastion *b)
{
	if (!bastion_is_dead(b)) {
		(void)libssh2_session_disconnect(b->session, "done");
		(void)wire_flush(&b->wire);
	}
	b->dead = true;
	b->wire.shut = true; /* now no function of libssh2 answers EAGAIN any more */
}

void bastion_free(struct bastion *b)
{
	if (b == NULL)
		return;
	bastion_abandon(b);
	(void)libssh2_session_free(b->session);
	wire_close(&b->wire);
	strbuf_release(&b->offer);
	free(b);
}

/* libssh2 has words for the greeting's failure, but not such as a user can use. */
static int greeting_failed(struct bastion *b, int rc, struct error *err)
{
	if (bastionsession_hung_up_at_once(b->session, bastion_is_dead(b), rc))
		return error_set(err, ERROR_RETRY,
		                 "gateway %s has too many callers who are not logged in "
		                 "yet",
		                 b->config.address);
	if (rc == LIBSSH2_ERROR_SOCKET_NONE && bastion_is_dead(b))
		rc = LIBSSH2_ERROR_SOCKET_DISCONNECT;
	switch (rc) {
	case LIBSSH2_ERROR_SOCKET_NONE: /* 1.10: a greeting of over 255 characters */
	case LIBSSH2_ERROR_KEX_FAILURE:
	case LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
	case LIBSSH2_ERROR_METHOD_NONE:
		b->unable = rc == LIBSSH2_ERROR_KEX_FAILURE || !b->wire.ended;
		return error_set(err, ERROR_UNAVAILABLE,
		                 "no common way to encrypt with gateway %s (libssh2 %s)",
		                 b->config.address, libssh2_version(0));
	default:
		return error_set(err, ERROR_UNAVAILABLE,
		                 "gateway %s does not greet us: %s", b->config.address,
		                 bastionsession_words(rc));
	}
}

/* By RSA keys alone, which libssh2 1.10 cannot ask for (rsa-sha2). */
static bool is_known_by_rsa(const struct hosttrust_peer *peer)
{
	struct strvec known = STRVEC_INIT;
	size_t rsa = 0;

	hosttrust_types(peer, &known);
	while (rsa < known.count && strcmp(known.items[rsa], "ssh-rsa") == 0)
		rsa++;
	rsa = rsa == known.count ? rsa : 0;
	strvec_release(&known);
	return rsa > 0;
}

static int check_host_key(struct bastion *b, struct error *err)
{
	struct hosttrust_peer peer;
	size_t len;
	int type;
	const char *key = libssh2_session_hostkey(b->session, &len, &type);
	int rc;

	if (key == NULL)
		return error_set(err, ERROR_TRUST, "gateway %s shows no host key",
		                 b->config.address);
	peer_of(b->config.address, &peer);
	if (type != LIBSSH2_HOSTKEY_TYPE_RSA && is_known_by_rsa(&peer)) {
		b->unable =
			true; /* ssh asks for the key that is known, and is strict, too */
		rc = error_set(err, ERROR_UNAVAILABLE,
		               "gateway %s is known by an RSA host key (libssh2 %s)",
		               b->config.address, libssh2_version(0));
	} else {
		rc = hosttrust_accept(&peer, (const unsigned char *)key, len, err);
	}
	strvec_release(&peer.names);
	return rc;
}

/* Does the server call itself OpenSSH 7.2 or later? */
static bool is_modern(LIBSSH2_SESSION *session)
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

static int greet(struct bastion *b, struct error *err)
{
	int rc = libssh2_session_handshake(b->session, b->wire.fd);

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return 0;
	if (rc != 0)
		return greeting_failed(b, rc, err);
	if (check_host_key(b, err) == -1)
		return -1;
	b->turn.modern = is_modern(b->session);
	b->stage = LOGGING_IN;
	return 1;
}

static int refused(struct bastion *b, struct error *err)
{
	error_set(err, ERROR_DENIED, "gateway %s does not let %s in with %s",
	          b->config.address, b->config.user, loginkeys_called(b->config.keys));
	return error_hint(err, "cxssh gateway key %s FILE", b->config.address);
}

static int log_in(struct bastion *b, struct error *err)
{
	for (;;) {
		int rc;

		if (b->offer.len == 0 &&
		    !loginkeys_offer(b->config.keys, &b->turn, &b->offer))
			return refused(b, err);
		rc = libssh2_userauth_publickey(b->session, b->config.user,
		                                (const unsigned char *)b->offer.data,
		                                b->offer.len, sign, (void **)&b->self);
		if (rc == LIBSSH2_ERROR_EAGAIN)
			return 0;
		if (rc == 0) {
			b->stage = LOGGED_IN;
			return 1;
		}
		if (rc != LIBSSH2_ERROR_AUTHENTICATION_FAILED &&
		    rc != LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED) {
			refused(b, err);
			return error_prefix(err, "gateway %s ended the login: %s",
			                    b->config.address, bastionsession_words(rc));
		}
		b->turn.attempt++;
		strbuf_clear(&b->offer);
	}
}

int bastion_login(struct bastion *b, struct deadline until, struct error *err)
{
	int rc = 1;

	b->turn.until = until;
	if (b->stage == GREETING)
		rc = greet(b, err);
	if (rc == 1 && b->stage == LOGGING_IN)
		rc = log_in(b, err);
	return rc;
}

bool bastion_unable(const struct bastion *b)
{
	return b->unable;
}

int bastion_open_channel(struct bastion *b, const char *host, uint16_t port,
                         struct stream **stream, struct error *err)
{
	return bastionchannel_open(&b->home, host, port, stream, err);
}

bool bastion_fill(struct bastion *b)
{
	return wire_fill(&b->wire);
}

bool bastion_flush(struct bastion *b)
{
	return wire_flush(&b->wire);
}

int bastion_fd(const struct bastion *b)
{
	return b->wire.fd;
}

short bastion_events(const struct bastion *b)
{
	return wire_events(&b->wire);
}

int64_t bastion_heard_ms(const struct bastion *b)
{
	return b->wire.heard_ms;
}

void bastion_probe(struct bastion *b)
{
	int next;

	if (bastionchannel_is_fatal(libssh2_keepalive_send(b->session, &next)))
		b->dead = true;
}

bool bastion_has_input(const struct bastion *b)
{
	return b->wire.in_len > 0;
}

int bastion_sweep(struct bastion *b)
{
	return bastionchannel_sweep(&b->home);
}

bool bastion_is_dead(const struct bastion *b)
{
	return b->dead || wire_is_over(&b->wire);
}
